// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Inner {
    a: u64,
}

#[c_struct(refcounted)]
struct Outer {
    //~~ programs may write to struct inner: callbacks have to take it as &Shared
    inner: Inner,
}

#[kfunc(struct_ops)]
fn kfunc(_inner: &Shared<Inner>) {}
