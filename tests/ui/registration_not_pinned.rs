// SPDX-License-Identifier: GPL-2.0
// A registration is pinned.

#[struct_ops]
struct Ops {
    call: fn() -> i32,
}

impl StructOpsType for Ops {}

#[pin_data]
struct Holder {
    _ops: Registration<Ops>,
}

fn hold() -> impl PinInit<Holder, Error> {
    try_pin_init!(Holder { _ops <- register_struct_ops!(Ops) }) //~= needs `#[pin]` before its field
}
