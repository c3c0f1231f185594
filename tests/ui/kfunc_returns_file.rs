// SPDX-License-Identifier: GPL-2.0

use kernel::fs::File;

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc() -> Option<ARef<File>> { //~ a kfunc cannot return `Option<
    None
}
