// SPDX-License-Identifier: GPL-2.0

static POLICY: Exclusive<Ops> = Exclusive::new();

#[struct_ops(slot = POLICY)]
struct Ops {
    #[sleepable]
    decide: fn() -> i32,
}

fn decide() -> Option<i32> {
    POLICY.with(|ops| ops.decide()) //~ no method named `decide` found
}
