// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}

#[rustfmt::skip]
impl StructOpsType for Ops {
    fn reg(ops: Attachment<'static, Self>) -> Result { //~ not compatible with trait
        ops.attach()
    }
}
