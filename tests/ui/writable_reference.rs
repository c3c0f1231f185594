// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct Args { //~ programs may write to struct args: callbacks have to take it as &Shared
    #[writable]
    a: u64,
}

#[struct_ops]
struct Ops {
    decide: fn(args: &Args) -> i32,
    change: fn(args: &Shared<Args>),
}

impl StructOpsType for Ops {}
