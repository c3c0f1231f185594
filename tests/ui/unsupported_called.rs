// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[unsupported]
    decide: fn() -> i32,
}

fn decide(ops: &struct_ops::Ops<Ops>) -> i32 {
    ops.decide() //~ no method named `decide` found
}
