// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Lease {
    id: u32,
}

#[kfunc(struct_ops)]
fn kfunc(_lease: Arc<Lease>) {} //~ programs cannot hold references to `Lease`
