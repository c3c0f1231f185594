// SPDX-License-Identifier: GPL-2.0

use struct_ops::{
    BufSize,
    Lent,
    SharedArray, //
};

#[kfunc(struct_ops)]
fn kfunc(size: &BufSize) -> Option<Lent<'_>> {
    let bytes = SharedArray::new([0; 8]);
    size.lend(&bytes) //~ cannot return value referencing local variable `bytes`
}
