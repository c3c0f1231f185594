// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::{
    R1,
    R6,
    R7, //
};

#[c_struct]
struct Args {
    a: u64,
}

static PROLOGUE: Prologue<(&Args,)> = Prologue::begin()
    .load_argument(R6, R1, 0)
    .set(R7, 0)
    .store(R6, field!(Args, a), R7) //~ only what is `&Shared<T>` can be written to
    .finish();
