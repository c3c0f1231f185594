// SPDX-License-Identifier: GPL-2.0
// A misspelt option names those that there are, and the type is there without it.

#[struct_ops(slots = SLOT)] //~= `slot = STATIC`
struct Ops {
    call: fn() -> i32,
}

impl StructOpsType for Ops {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        kernel::error::to_result(ops.call())
    }
}
