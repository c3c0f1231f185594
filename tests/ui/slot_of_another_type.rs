// SPDX-License-Identifier: GPL-2.0

static POLICY: Exclusive<Others> = Exclusive::new();

#[struct_ops(slot = POLICY)] //~ the trait bound
struct Ops {
    decide: fn() -> i32,
}

#[struct_ops]
struct Others {
    decide: fn() -> i32,
}
