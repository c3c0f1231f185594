// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct Inner { //~ programs may write to struct inner: callbacks have to take it as &Shared
    a: u64,
}

#[c_struct]
struct Outer {
    inner: Inner,
}

#[struct_ops]
struct Ops {
    decide: fn(outer: &Outer) -> i32,
}

#[kfunc(struct_ops)]
fn kfunc(_inner: &Shared<Inner>) {}

impl StructOpsType for Ops {}
