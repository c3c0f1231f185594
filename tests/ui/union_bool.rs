// SPDX-License-Identifier: GPL-2.0

#[c_union]
union Either {
    number: u64,
    there: bool, //~ user space and programs may write bytes that are no `bool`
}
