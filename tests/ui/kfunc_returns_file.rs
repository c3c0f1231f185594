// SPDX-License-Identifier: GPL-2.0

use kernel::fs::File;

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc() -> Option<ARef<File>> { //~ a kfunc returns a 32- or 64-bit integer
    None
}
