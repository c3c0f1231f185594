// SPDX-License-Identifier: GPL-2.0

enum Mode {
    Slow,
    Fast,
}

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    mode: Mode, //~ a table cannot hold `Mode`
}

impl StructOpsType for Ops {}
