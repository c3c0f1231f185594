// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    allowed: fn() -> u8, //~ a callback cannot return `u8`
}

impl StructOpsType for Ops {}
