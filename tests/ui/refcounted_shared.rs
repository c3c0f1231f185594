// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
struct Lease {
    id: u32,
}

#[kfunc(struct_ops)]
fn kfunc(_lease: &Shared<Lease>) {} //~ cannot be shared with programs
