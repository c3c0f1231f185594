// SPDX-License-Identifier: GPL-2.0

use struct_ops::{
    BufSize,
    Lent,
    SharedArray, //
};

static BYTES: SharedArray<8> = SharedArray::new([0; 8]);

/// For a call that wants more.
fn keep(_lent: Option<Lent<'static>>) {}

#[kfunc(struct_ops)]
fn kfunc(size: &BufSize) -> Option<Lent<'_>> {
    keep(size.lend(&BYTES)); //~ borrowed data escapes outside of function
    size.lend(&BYTES)
}
