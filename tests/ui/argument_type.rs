// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    scale: fn(factor: f32) -> i32, //~ a callback cannot take `f32`
}

impl StructOpsType for Ops {}
