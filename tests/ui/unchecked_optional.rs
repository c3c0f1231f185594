// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[optional]
    decide: fn() -> i32,
}

fn decide(ops: &struct_ops::Ops<Ops>) -> i32 {
    ops.decide() //~ mismatched types
}
