// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[repr(align(16))]
struct Lanes {
    low: u64,
    high: u64,
}

#[struct_ops]
struct Ops {
    add: fn(lanes: Lanes) -> i32, //~ BPF passes a struct in words of 8 bytes
}

impl StructOpsType for Ops {}
