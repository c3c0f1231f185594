// SPDX-License-Identifier: GPL-2.0

#[c_struct(refcounted)]
#[rustfmt::skip]
struct Lease { //~ cannot be shared between threads safely
    id: u32,
    #[private]
    uses: core::cell::Cell<u32>,
}
