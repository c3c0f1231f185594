// SPDX-License-Identifier: GPL-2.0

use struct_ops::BufSize;

#[kfunc(struct_ops)]
fn kfunc(_size: &BufSize) {} //~ a kfunc that returns `Lent` takes one `&BufSize`, and no other does
