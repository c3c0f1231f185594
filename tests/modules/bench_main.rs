// SPDX-License-Identifier: GPL-2.0

//! What calls through the slots cost: `make bench` compares it with `bench_c.c`.
//!
//! What is written to `/sys/kernel/debug/bench_rust/run` is the name of a row. The module then makes
//! the calls of this row [`CALLS`] times.

#![deny(unsafe_code)]

use kernel::{
    debugfs::{
        Dir,
        File, //
    },
    new_mutex,
    prelude::*,
    sync::Mutex,
    uaccess::UserSliceReader, //
};
use struct_ops::prelude::*;

module! {
    type: Bench,
    name: "bench_rust",
    authors: ["The struct_ops-in-Rust authors"],
    description: "What calls cost in Rust",
    license: "GPL",
}

const CALLS: u64 = 10_000;
/// `-ENOENT`.
const NO_PROGRAM: i32 = -2;

/// One table, by RCU.
#[struct_ops(slot = RCU)]
pub struct BenchRustOps {
    /// Without arguments.
    zero: fn() -> i32,
    /// With two.
    two: fn(a: u64, b: u64) -> i32,
    /// With as many as a program may have.
    five: fn(a: u64, b: u64, c: u64, d: u64, e: u64) -> i32,
}

static RCU: Exclusive<BenchRustOps> = Exclusive::new();

impl StructOpsType for BenchRustOps {}

/// One table, by SRCU.
#[struct_ops(slot = SRCU)]
pub struct BenchRustSrcuOps {
    /// What is called.
    #[sleepable]
    call: fn(id: u64) -> i32,
}

static SRCU: Exclusive<BenchRustSrcuOps, Srcu> = Exclusive::new();

impl StructOpsType for BenchRustSrcuOps {}

/// One table, counted for each call.
#[struct_ops(slot = COUNTED)]
pub struct BenchRustCountedOps {
    /// What is called.
    #[sleepable]
    call: fn(id: u64) -> i32,
}

static COUNTED: Exclusive<BenchRustCountedOps, Counted> = Exclusive::new();

impl StructOpsType for BenchRustCountedOps {}

/// Several tables.
#[struct_ops(slot = MANY)]
pub struct BenchRustManyOps {
    /// What is called.
    call: fn(id: u64) -> i32,
}

static MANY: Many<BenchRustManyOps, 16> = Many::new();

impl StructOpsType for BenchRustManyOps {}

/// Several tables, the lowest first.
#[struct_ops(slot = ORDER)]
pub struct BenchRustOrderOps {
    /// What is called.
    call: fn(id: u64) -> i32,
    /// Its place.
    priority: i32,
}

static ORDER: InOrder<BenchRustOrderOps> = InOrder::new(BenchRustOrderOps::priority);

impl StructOpsType for BenchRustOrderOps {}

/// One that comes and goes.
#[struct_ops]
pub struct BenchRustSpareOps {
    /// Not called.
    call: fn(id: u64) -> i32,
}

impl StructOpsType for BenchRustSpareOps {
    fn reg(_ops: Attachment<'_, Self>) -> Result {
        Ok(())
    }
}

#[inline(never)]
fn zero(_id: u64) -> i32 {
    RCU.with(|ops| ops.zero()).unwrap_or(NO_PROGRAM)
}

#[inline(never)]
fn two(id: u64) -> i32 {
    RCU.with(|ops| ops.two(id, id)).unwrap_or(NO_PROGRAM)
}

#[inline(never)]
fn five(id: u64) -> i32 {
    RCU.with(|ops| ops.five(id, id, id, id, id))
        .unwrap_or(NO_PROGRAM)
}

#[inline(never)]
fn srcu(id: u64) -> i32 {
    SRCU.with(|ops| ops.call(id)).unwrap_or(NO_PROGRAM)
}

#[inline(never)]
fn counted(id: u64) -> i32 {
    COUNTED.get().map_or(NO_PROGRAM, |ops| ops.call(id))
}

#[inline(never)]
fn many(id: u64) -> i32 {
    let mut result = 0;
    MANY.for_each(|ops| result |= ops.call(id));
    result
}

#[inline(never)]
fn order(id: u64) -> i32 {
    let mut result = 0;
    ORDER.with(|tables| tables.for_each(|ops| result |= ops.call(id)));
    result
}

#[inline(always)]
fn repeat(call: impl Fn(u64) -> i32) -> Result {
    for id in 0..CALLS {
        call(id);
    }
    Ok(())
}

#[pin_data]
struct Spare {
    #[pin]
    registration: Mutex<Option<Pin<KBox<Registration<BenchRustSpareOps>>>>>,
}

fn run(spare: &Spare, text: &mut UserSliceReader) -> Result {
    let mut row = [0; 16];
    let len = text.len().min(row.len());
    text.read_slice(&mut row[..len])?;
    match &row[..len] {
        b"zero" => repeat(zero),
        b"two" => repeat(two),
        b"five" => repeat(five),
        b"srcu" => repeat(srcu),
        b"counted" => repeat(counted),
        b"many" => repeat(many),
        b"order" => repeat(order),
        b"register" => {
            let new = KBox::pin_init(register_struct_ops!(BenchRustSpareOps), GFP_KERNEL)?;
            *spare.registration.lock() = Some(new);
            Ok(())
        }
        b"unregister" => {
            let old = spare.registration.lock().take();
            old.map(drop).ok_or(ENOENT)
        }
        _ => Err(EINVAL),
    }
}

#[pin_data]
struct Bench {
    #[pin]
    _file: File<Spare>,
    #[pin]
    _rcu: Registration<BenchRustOps>,
    #[pin]
    _srcu: Registration<BenchRustSrcuOps>,
    #[pin]
    _counted: Registration<BenchRustCountedOps>,
    #[pin]
    _many: Registration<BenchRustManyOps>,
    #[pin]
    _order: Registration<BenchRustOrderOps>,
    _dir: Dir,
}

impl kernel::InPlaceModule for Bench {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let dir = Dir::new(c"bench_rust");
        try_pin_init!(Self {
            _file <- dir.write_callback_file(
                c"run",
                pin_init!(Spare { registration <- new_mutex!(None) }),
                &run
            ),
            _rcu <- register_struct_ops!(BenchRustOps),
            _srcu <- register_struct_ops!(BenchRustSrcuOps),
            _counted <- register_struct_ops!(BenchRustCountedOps),
            _many <- register_struct_ops!(BenchRustManyOps),
            _order <- register_struct_ops!(BenchRustOrderOps),
            _dir: dir,
        })
    }
}
