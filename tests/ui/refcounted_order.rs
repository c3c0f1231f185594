// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
struct Lease {
    #[private]
    uses: u32,
    id: u32, //~ what programs see comes before the `#[private]` fields
}
