// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}

impl StructOpsType for Ops {
    fn validate(ops: &Self) -> Result {
        let _ = ops.has_decide(); //~ no method named `has_decide`
        Ok(())
    }
}
