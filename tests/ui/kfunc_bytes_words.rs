// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn copy(_a: &SharedBytes, _b: &SharedBytes, _c: &SharedBytes) {} //~ `&SharedBytes` is two
