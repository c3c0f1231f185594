// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    pick: fn() -> Option<ARef<Task>>,
}

impl StructOpsType for Ops {}

fn pick(ops: &struct_ops::Ops<Ops>) -> Option<ARef<Task>> {
    ops.pick() //~ in another way than `ARef` does
}
