// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
struct Lease {
    id: u32,
}

#[struct_ops]
struct Ops {
    decide: fn(lease: &Lease) -> i32, //~ C does not know it
}
