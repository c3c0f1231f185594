// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn(task: &Task) -> i32,
}

fn decide(ops: &struct_ops::Ops<Ops>, task: Option<&Task>) -> i32 {
    ops.decide(task) //~ mismatched types
}
