// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    allowed: fn() -> bool, //~ a callback cannot return `bool`
}

impl StructOpsType for Ops {}
