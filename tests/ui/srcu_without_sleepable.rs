// SPDX-License-Identifier: GPL-2.0

static POLICY: Exclusive<Ops, Srcu> = Exclusive::new(); //~ protects callbacks that sleep

#[struct_ops(slot = POLICY)]
struct Ops {
    decide: fn() -> i32,
}
