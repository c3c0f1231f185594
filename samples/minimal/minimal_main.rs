// SPDX-License-Identifier: GPL-2.0

//! The smallest complete struct_ops type: a program is asked when it is attached.

use kernel::prelude::*;
use struct_ops::prelude::*;

module! {
    type: Minimal, name: "minimal", authors: ["The struct_ops-in-Rust authors"],
    description: "The smallest struct_ops type", license: "GPL",
}

/// What a program implements.
#[struct_ops]
struct MinimalOps {
    /// Returns 0 to be attached, or a negative `errno`.
    may_attach: fn(when: u64) -> i32,
}

impl StructOpsType for MinimalOps {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        kernel::error::to_result(ops.may_attach(42))
    }
}

#[pin_data]
struct Minimal {
    #[pin]
    _ops: Registration<MinimalOps>,
}

impl kernel::InPlaceModule for Minimal {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self { _ops <- register_struct_ops!(MinimalOps) })
    }
}
