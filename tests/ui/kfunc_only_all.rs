// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}

#[kfunc(struct_ops, only(Ops))] //~ `struct_ops` is all types
fn kfunc() {}
