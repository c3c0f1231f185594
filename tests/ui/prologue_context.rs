// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::R1;

#[c_struct]
struct Args {
    a: u64,
}

static PROLOGUE: Prologue<(&Shared<Args>,)> = Prologue::begin().load_argument(R1, R1, 0).finish(); //~ the program needs the context in R1
