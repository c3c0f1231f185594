// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn(task: ARef<Task>) -> i32,
}

impl StructOpsType for Ops {}

fn decide(ops: &struct_ops::Ops<Ops>, task: ARef<Task>) -> i32 {
    ops.decide(task) //~ in another way than `ARef` does
}
