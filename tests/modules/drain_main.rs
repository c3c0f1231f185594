// SPDX-License-Identifier: GPL-2.0

//! A module that calls a program which sleeps.
//!
//! Opening `/dev/drain` calls the program. Detaching it has to wait until that call is over: the log
//! then says `drain: unreg: 0 running`.

use kernel::{
    error::to_result,
    fs::File,
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*,
    sync::atomic::{
        ordering::Relaxed,
        Atomic, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use struct_ops::prelude::*;

module! {
    type: Drain,
    name: "drain",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops type with a callback that sleeps",
    license: "GPL",
}

/// A type with a callback that sleeps.
#[struct_ops(slot = SLOT)]
pub struct DrainOps {
    /// Called when the device is opened; the result is that of `open()`.
    #[sleepable]
    nap: fn() -> i32,
}

static SLOT: Exclusive<DrainOps, Srcu> = Exclusive::new();

/// Calls of the program that have not returned.
static RUNNING: Atomic<i32> = Atomic::new(0);

impl StructOpsType for DrainOps {
    fn unreg(_ops: &Ops<Self>) {
        pr_info!("unreg: {} running\n", RUNNING.load(Relaxed));
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        let result = SLOT.with(|ops| {
            RUNNING.add(1, Relaxed);
            pr_info!("open: calling nap()\n");
            let result = ops.nap();
            pr_info!("open: nap() = {}\n", result);
            RUNNING.add(-1, Relaxed);
            result
        });
        to_result(result.ok_or(ENXIO)?)
    }
}

/// Programs have no helper that sleeps for a given time.
#[kfunc(struct_ops, sleepable)]
fn drain_sleep(ms: u32) {
    fsleep(Delta::from_millis(ms.into()));
}

#[pin_data]
struct Drain {
    #[pin]
    _device: MiscDeviceRegistration<Device>,
    #[pin]
    _ops: Registration<DrainOps>,
}

impl kernel::InPlaceModule for Drain {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"drain" };
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(options),
            _: { register_kfuncs()? },
            _ops <- register_struct_ops!(DrainOps),
        })
    }
}
