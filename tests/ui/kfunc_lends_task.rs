// SPDX-License-Identifier: GPL-2.0

use struct_ops::{
    BufSize,
    Lent, //
};

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc<'a>(_task: &'a Task, _size: &'a BufSize) -> Option<Lent<'a>> { //~ no reference to what may go
    None
}
