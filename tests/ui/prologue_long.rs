// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::{
    Assembler,
    R6, //
};

const fn eight<B: struct_ops::code::Buffer>(code: Assembler<B>) -> Assembler<B> {
    let code = code.set(R6, 1).set(R6, 2).set(R6, 3).set(R6, 4);
    code.set(R6, 5).set(R6, 6).set(R6, 7).set(R6, 8) //~ these are more than 31 instructions
}

static PROLOGUE: Prologue<()> = eight(eight(eight(eight(Prologue::begin())))).finish();
