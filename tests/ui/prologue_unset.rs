// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::{
    Alu,
    R6, //
};

static PROLOGUE: Prologue<(u64,)> = Prologue::begin()
    .alu(Alu::Add, R6, 1) //~ this register does not hold a number
    .finish();
