// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::{
    R1,
    R6, //
};

#[c_struct]
struct Args {
    a: u64,
}

#[c_struct]
struct Other {
    a: u64,
    b: u64,
}

static PROLOGUE: Prologue<(&Shared<Args>,)> = Prologue::begin()
    .load_argument(R6, R1, 0)
    .load(R6, R6, field!(Other, b)) //~ this register holds a pointer to another struct
    .finish();
