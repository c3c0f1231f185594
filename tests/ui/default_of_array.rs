// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    #[default([1, 2])]
    sizes: [u32; 2], //~ cannot have a default
}

impl StructOpsType for Ops {}
