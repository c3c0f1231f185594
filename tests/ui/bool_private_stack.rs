// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[private_stack]
    allowed: fn() -> bool, //~ cannot return a `bool`
}

impl StructOpsType for Ops {}
