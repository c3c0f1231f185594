// SPDX-License-Identifier: GPL-2.0

type Decide = fn(a: u32) -> i32;

#[struct_ops]
struct Ops {
    decide: Decide, //~ a table cannot hold `fn(u32) -> i32`
}

impl StructOpsType for Ops {}
