// SPDX-License-Identifier: GPL-2.0

//! A module that registers a type twice.
//!
//! The second registration has to fail with `EEXIST`, and the module's `init` with it: nothing may
//! be left behind by the first.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::prelude::*;

module! {
    type: Twice,
    name: "twice",
    authors: ["The struct_ops-in-Rust authors"],
    description: "Registers a BPF struct_ops type twice",
    license: "GPL",
}

/// A type of its own.
#[struct_ops]
pub struct TwiceOps {
    /// Not called.
    nothing: fn(),
}

impl StructOpsType for TwiceOps {}

#[pin_data]
struct Twice {
    #[pin]
    _first: Registration<TwiceOps>,
    #[pin]
    _second: Registration<TwiceOps>,
}

impl kernel::InPlaceModule for Twice {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pr_info!("registering twice_ops twice\n");
        try_pin_init!(Self {
            _first <- register_struct_ops!(TwiceOps),
            _second <- register_struct_ops!(TwiceOps),
        })
    }
}
