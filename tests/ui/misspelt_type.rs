// SPDX-License-Identifier: GPL-2.0
// rustc finds the type that was meant.

#[struct_ops]
struct Ops {
    call: fn() -> i32,
}

impl StructOpsType for Ops {}

fn register() -> impl PinInit<Registration<Ops>, Error> {
    register_struct_ops!(Opz) //~ a struct with a similar name exists
}
