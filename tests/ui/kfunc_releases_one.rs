// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
struct Lease {
    id: u32,
}

#[kfunc(struct_ops)]
fn kfunc(_lease: Arc<Lease>, _other: &Arc<Lease>) {} //~ both could be the same
