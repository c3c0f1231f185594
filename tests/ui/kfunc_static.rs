// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Args {
    a: u64,
}

type Forever = &'static Shared<Args>;

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc(_args: Forever) {} //~ does not live long enough
