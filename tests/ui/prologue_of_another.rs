// SPDX-License-Identifier: GPL-2.0

static PROLOGUE: Prologue<(u64,)> = Prologue::begin().finish();

fn choose(_prog: &Prog) -> Option<&'static Prologue<(u64,)>> {
    Some(&PROLOGUE)
}

#[struct_ops]
struct Ops {
    #[prologue(choose)] //~ mismatched types
    decide: fn(task: &Task) -> i32,
}
