// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Args {
    a: u64,
    #[cfg(CONFIG_THAT_NOBODY_HAS)]
    b: u64, //~ no field `b` on type `Args`
}
