// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct WorkOffqData { //~ the kernel has a struct of this name with these fields
    pool_id: u32,
    disable: u32,
    flags: u32,
}
