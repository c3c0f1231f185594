// SPDX-License-Identifier: GPL-2.0

#[kernel_struct("linux/list.h")]
#[rustfmt::skip]
struct NoSuchStruct; //~ incomplete type
