// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
fn kfunc(narrow: u8, //~ a kfunc cannot take `u8`
) -> i32 {
    narrow.into()
}
