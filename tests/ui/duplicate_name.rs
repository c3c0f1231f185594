// SPDX-License-Identifier: GPL-2.0

#[struct_ops(name = "ops")]
struct First {
    decide: fn() -> i32,
}

#[struct_ops]
#[rustfmt::skip]
struct Ops { //~ the module has struct ops twice: here, and at ui_main.rs:4
    decide: fn() -> i32,
}

impl StructOpsType for First {}
impl StructOpsType for Ops {}
