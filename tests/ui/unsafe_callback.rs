// SPDX-License-Identifier: GPL-2.0
// The unsafe part of a call is not the author's.

#[struct_ops]
struct Ops {
    call: unsafe fn() -> i32, //~= remove `unsafe`
}

impl StructOpsType for Ops {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        kernel::error::to_result(ops.call())
    }
}
