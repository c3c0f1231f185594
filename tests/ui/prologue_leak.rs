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
    .if_null(R0)
    .end_if() //~ one of two paths has a reference that the other has not
    .copy(R1, R6)
    .finish();
