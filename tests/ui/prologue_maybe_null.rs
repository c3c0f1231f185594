// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::{
    Kfunc,
    R0,
    R1,
    R6, //
};

static PROLOGUE: Prologue<()> = Prologue::begin()
    .copy(R6, R1)
    .set(R1, 1)
    .call(Kfunc::TaskFromPid)
    .copy(R1, R0)
    .call(Kfunc::TaskRelease) //~ the function takes something else
    .copy(R1, R6)
    .finish();
