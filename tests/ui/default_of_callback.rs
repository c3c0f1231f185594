// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[default(7)] //~ only a value that user space may set has a default
    decide: fn() -> i32,
}

impl StructOpsType for Ops {}
