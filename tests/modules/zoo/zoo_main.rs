// SPDX-License-Identifier: GPL-2.0

//! One member, argument and result of each kind that struct_ops types have.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::prelude::*;

module! {
    type: Zoo,
    name: "zoo",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops types of all kinds",
    license: "GPL",
}

/// A type whose programs choose what they implement.
#[struct_ops(slot = ZOO)]
pub struct ZooOps {
    /// A program has to implement this, or the next one.
    #[optional]
    ask: fn(number: u32) -> u32,
    /// See above.
    #[optional]
    tell: fn(number: u32),
}

static ZOO: Exclusive<ZooOps> = Exclusive::new();

impl StructOpsType for ZooOps {
    fn validate(ops: &Self) -> Result {
        if ops.has_ask() || ops.has_tell() {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

/// Which of the optional callbacks are there: a bit for each.
#[kfunc(syscall)]
fn zoo_present() -> u32 {
    ZOO.with(|ops| u32::from(ops.has_ask()) | u32::from(ops.has_tell()) << 1)
        .unwrap_or(0)
}

#[pin_data]
struct Zoo {
    #[pin]
    _ops: Registration<ZooOps>,
}

impl kernel::InPlaceModule for Zoo {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _ops <- register_struct_ops!(ZooOps),
        })
    }
}
