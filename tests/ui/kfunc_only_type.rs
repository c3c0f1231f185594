// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}

#[kfunc(only(Ops::decline))] //~ no field `decline`
fn kfunc() {}

impl StructOpsType for Ops {}
