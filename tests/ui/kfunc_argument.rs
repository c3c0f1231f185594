// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
fn kfunc(narrow: u8, //~ a kfunc cannot take this type
) -> i32 {
    narrow.into()
}
