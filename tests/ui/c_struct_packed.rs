// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
#[repr(packed)]
struct Args { //~ C and Rust disagree about struct args
    small: u8,
    large: u64,
}
