// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[maybe] //~= unknown attribute
    decide: fn() -> i32,
}

impl StructOpsType for Ops {}
