// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::{
    R1,
    R6, //
};

#[c_struct]
struct Args {
    a: u64,
}

static PROLOGUE: Prologue<(Option<&Args>,)> = Prologue::begin()
    .load_argument(R6, R1, 0) //~ an argument of this type cannot be loaded
    .finish();
