// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
struct Lease {
    id: u32,
}

#[kfunc(struct_ops)]
fn kfunc(_how: u32, _lease: Arc<Lease>) {} //~ what a kfunc releases is its first argument
