// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Args {
    a: u64,
}

#[kfunc(struct_ops)]
fn kfunc(_args__nullable: &Shared<Args>) {} //~ the verifier would read rules from this name
