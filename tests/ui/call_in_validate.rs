// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}

impl StructOpsType for Ops {
    fn validate(ops: &Self) -> Result {
        kernel::error::to_result(ops.decide()) //~ no method named `decide` found
    }
}
