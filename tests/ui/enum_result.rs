// SPDX-License-Identifier: GPL-2.0

#[c_enum]
enum Mood {
    Calm,
}

#[struct_ops]
struct Ops {
    feel: fn() -> Mood, //~ a callback cannot return `Mood`
}

impl StructOpsType for Ops {}
