// SPDX-License-Identifier: GPL-2.0

//~~ only() of kfunc() names no struct_ops type of the module, or no member of it
#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}

#[kfunc(only(Ops::decline))]
fn kfunc() {}
