// SPDX-License-Identifier: GPL-2.0
// A callback has no `&self`; the struct stays, so that its uses are no errors.

#[struct_ops]
struct Ops {
    call: fn(&self) -> i32, //~= remove `self`
}

impl StructOpsType for Ops {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        kernel::error::to_result(ops.call())
    }
}
