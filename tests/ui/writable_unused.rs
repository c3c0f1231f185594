// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct Args { //~ struct args has #[writable] fields, but no callback takes it as &Shared
    #[writable]
    a: u64,
}

#[struct_ops]
struct Ops {
    decide: fn(a: u64) -> i32,
}

impl StructOpsType for Ops {}
