// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct Inner { //~ programs may write to struct inner: callbacks have to take it as &Shared
    a: u64,
}

#[c_struct(refcounted)]
struct Outer {
    inner: Inner,
}

#[kfunc(struct_ops)]
fn kfunc(_inner: &Shared<Inner>) {}
