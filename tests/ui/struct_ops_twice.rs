// SPDX-License-Identifier: GPL-2.0
// The attribute is there once.

#[struct_ops]
#[struct_ops] //~= remove one of the two
struct Ops {
    call: fn() -> i32,
}

impl StructOpsType for Ops {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        kernel::error::to_result(ops.call())
    }
}
