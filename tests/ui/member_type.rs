// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    name: &'static str, //~ a table cannot hold `&'static str`
}

impl StructOpsType for Ops {}
