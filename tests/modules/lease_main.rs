// SPDX-License-Identifier: GPL-2.0

//! A module with objects that programs hold.

#![deny(unsafe_code)]

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    }, //
};
use struct_ops::prelude::*;

module! {
    type: LeaseModule,
    name: "lease",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF programs that hold objects of a module",
    license: "GPL",
}

/// Leases that have begun and not ended.
static LIVE: Atomic<u32> = Atomic::new(0);

/// A live lease.
struct Live;

impl Live {
    fn new() -> Self {
        LIVE.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Relaxed);
    }
}

/// Programs can read the first two fields, and hold it.
#[c_struct(refcounted)]
#[pin_data]
pub struct Lease {
    id: u32,
    term: u32,
    #[private]
    #[pin]
    uses: SpinLock<u32>,
    #[private]
    _live: Live,
}

impl Lease {
    fn begin(id: u32) -> Option<Arc<Self>> {
        let lease = pin_init!(Self {
            id,
            term: 10,
            uses <- new_spinlock!(0),
            _live: Live::new(),
        });
        Arc::pin_init(lease, GFP_ATOMIC).ok()
    }
}

/// Begins a lease.
#[kfunc(syscall, struct_ops)]
fn lease_begin(id: u32) -> Option<Arc<Lease>> {
    Lease::begin(id)
}

/// Uses it; returns how often that has been done before.
#[kfunc(syscall, struct_ops)]
fn lease_use(lease: &Arc<Lease>) -> u32 {
    let mut uses = lease.uses.lock();
    *uses += 1;
    *uses - 1
}

/// Gives out one more reference.
#[kfunc(syscall, struct_ops)]
fn lease_again(lease: &Arc<Lease>) -> Option<Arc<Lease>> {
    Some(lease.clone())
}

/// Gives a reference back.
#[kfunc(syscall, struct_ops)]
fn lease_end(_lease: Arc<Lease>) {}

/// How many leases there are.
#[kfunc(syscall)]
fn lease_live() -> u32 {
    LIVE.load(Relaxed)
}

/// A type whose programs get leases, and give them.
#[struct_ops(slot = LEASES)]
pub struct LeaseOps {
    /// May use the lease.
    #[optional]
    offer: fn(lease: &Arc<Lease>) -> i32,
    /// Has to give it back.
    #[optional]
    take: fn(lease: Arc<Lease>),
    /// May give one.
    #[optional]
    choose: fn() -> Option<Arc<Lease>>,
}

static LEASES: Exclusive<LeaseOps> = Exclusive::new();

impl StructOpsType for LeaseOps {}

/// Has the attached program go through all of it; returns the id of the lease that it has chosen.
#[kfunc(syscall)]
fn lease_round(id: u32) -> u64 {
    let Some(lease) = Lease::begin(id) else {
        return 0;
    };
    let chosen = LEASES.with(|ops| {
        ops.offer(&lease);
        ops.take(lease.clone());
        ops.choose().flatten()
    });
    let chosen = chosen.flatten().map_or(0, |chosen| u64::from(chosen.id));
    let uses = *lease.uses.lock();
    u64::from(uses) << 32 | chosen
}

#[pin_data]
struct LeaseModule {
    #[pin]
    _ops: Registration<LeaseOps>,
}

impl kernel::InPlaceModule for LeaseModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _ops <- register_struct_ops!(LeaseOps),
        })
    }
}
