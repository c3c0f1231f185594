// SPDX-License-Identifier: GPL-2.0

use struct_ops::{
    BufSize,
    Lent, //
};

#[c_struct(refcounted)]
struct Page {
    number: u32,
}

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc<'a>(_one: &'a Arc<Page>, _two: &'a Arc<Page>, _size: &'a BufSize) -> Option<Lent<'a>> { //~ takes at most one `&Arc`
    None
}
