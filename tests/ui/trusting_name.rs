// SPDX-License-Identifier: GPL-2.0

#[allow(non_camel_case_types)]
#[c_struct]
#[rustfmt::skip]
struct Cage__safe_rcu { //~ which pointers to trust
    number: u32,
}
