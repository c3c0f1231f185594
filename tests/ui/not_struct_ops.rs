// SPDX-License-Identifier: GPL-2.0

struct Ops {
    decide: fn() -> i32,
}

fn register() -> impl PinInit<Registration<Ops>, Error> {
    register_struct_ops!(Ops) //~ cannot be registered as a struct_ops type
}
