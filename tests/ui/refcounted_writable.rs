// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
struct Lease {
    #[writable]
    id: u32, //~ they cannot write to it
}
