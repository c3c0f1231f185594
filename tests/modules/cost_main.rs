// SPDX-License-Identifier: GPL-2.0

//! What a call through a slot costs: `make cost` compares it with `cost_c.c`.
//!
//! Each time `/sys/kernel/debug/cost_rust/run` is written to, the module calls the attached program
//! [`CALLS`] times.

#![deny(unsafe_code)]

use kernel::{
    debugfs::{
        Dir,
        File, //
    },
    prelude::*,
    uaccess::UserSliceReader, //
};
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

fn run(_: &(), _text: &mut UserSliceReader) -> Result {
    for id in 0..CALLS {
        let result = decide(id);
        if result < 0 {
            return Err(Error::from_errno(result));
        }
    }
    Ok(())
}

#[pin_data]
struct Cost {
    #[pin]
    _file: File<()>,
    #[pin]
    _ops: Registration<CostRustOps>,
    _dir: Dir,
}

impl kernel::InPlaceModule for Cost {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let dir = Dir::new(c"cost_rust");
        try_pin_init!(Self {
            _file <- dir.write_callback_file(c"run", (), &run),
            _ops <- register_struct_ops!(CostRustOps),
            _dir: dir,
        })
    }
}
