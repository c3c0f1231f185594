// SPDX-License-Identifier: GPL-2.0

//! What a call through a slot costs: `make cost` compares it with `cost_c.c`.
//!
//! Each time `/sys/kernel/cost_rust` is read the module calls the attached program [`CALLS`] times.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::prelude::*;

module! {
    type: Cost,
    name: "cost_rust",
    authors: ["The struct_ops-in-Rust authors"],
    description: "What a call costs in Rust",
    license: "GPL",
}

const CALLS: u64 = 10_000;
/// `-ENOENT`.
const NO_PROGRAM: i32 = -2;

/// A type with the least that can be called.
#[struct_ops(slot = SLOT)]
pub struct CostRustOps {
    /// A negative `errno` ends the loop.
    decide: fn(id: u64) -> i32,
}

static SLOT: Exclusive<CostRustOps> = Exclusive::new();

impl StructOpsType for CostRustOps {}

/// What is measured.
#[inline(never)]
fn decide(id: u64) -> i32 {
    SLOT.with(|ops| ops.decide(id)).unwrap_or(NO_PROGRAM)
}

impl Trigger for CostRustOps {
    const NAME: &'static CStr = c"cost_rust";

    fn trigger() -> Result {
        for id in 0..CALLS {
            let result = decide(id);
            if result < 0 {
                return Err(Error::from_errno(result));
            }
        }
        Ok(())
    }
}

#[pin_data]
struct Cost {
    #[pin]
    _file: TriggerFile<CostRustOps>,
    #[pin]
    _ops: Registration<CostRustOps>,
}

impl kernel::InPlaceModule for Cost {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _file <- create_trigger!(CostRustOps),
            _ops <- register_struct_ops!(CostRustOps),
        })
    }
}
