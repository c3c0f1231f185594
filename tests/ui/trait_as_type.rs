// SPDX-License-Identifier: GPL-2.0
// A trait looks like a type of callbacks, but has no values.

#[struct_ops]
#[rustfmt::skip]
trait Ops { //~= a struct_ops type is a struct with named members
    fn call() -> i32;
}

impl StructOpsType for Ops {}
