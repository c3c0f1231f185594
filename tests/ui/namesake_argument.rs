// SPDX-License-Identifier: GPL-2.0

mod own {
    pub struct Shared<T>(pub T);
}
use own::Shared;

#[c_struct]
struct Args {
    a: u64,
}

#[struct_ops]
struct Ops {
    decide: fn(args: &Shared<Args>) -> i32, //~ programs cannot get a pointer to `own::Shared<Args>`
}

impl StructOpsType for Ops {}
