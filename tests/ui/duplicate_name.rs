// SPDX-License-Identifier: GPL-2.0

#[struct_ops(name = "ops")] //~~ two structs of this module are called ops
struct First {
    decide: fn() -> i32,
}

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
}
