// SPDX-License-Identifier: GPL-2.0
// What the kernel keeps can be neither copied nor printed.

#[struct_ops]
#[derive(Clone)] //~= remove the derive
struct Ops {
    call: fn() -> i32,
}

impl StructOpsType for Ops {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        kernel::error::to_result(ops.call())
    }
}
