// SPDX-License-Identifier: GPL-2.0

static POLICY: Exclusive<Ops> = Exclusive::new();

#[struct_ops(slot = POLICY)]
struct Ops {
    decide: fn() -> i32,
}

fn keep() -> Option<&'static struct_ops::Ops<Ops>> {
    POLICY.with(|ops| ops) //~ lifetime may not live long enough
}
