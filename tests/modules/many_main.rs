// SPDX-License-Identifier: GPL-2.0

//! A module that calls several programs.
//!
//! Opening `/dev/many` calls each of them, then the one with the id 7; the log says what they
//! returned. There is room for two, and for two more that sleep.

#![deny(unsafe_code)]

use kernel::{
    fs::File,
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
};
use struct_ops::prelude::*;

module! {
    type: ManyModule,
    name: "many",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops type that several programs implement at a time",
    license: "GPL",
}

/// A type that several programs implement at a time.
#[struct_ops(slot = SLOT)]
pub struct ManyOps {
    /// Called when the device is opened.
    value: fn(id: u32) -> i32,
    /// What tells tables apart.
    id: u32,
}

static SLOT: Many<ManyOps, 2> = Many::new();

/// The same, for programs that sleep.
#[struct_ops(slot = SLEEPY_SLOT)]
pub struct ManySleepyOps {
    /// Called when the device is opened.
    #[sleepable]
    value: fn(map_id: u32) -> i32,
}

static SLEEPY_SLOT: Many<ManySleepyOps, 2, Srcu> = Many::new();

impl StructOpsType for ManySleepyOps {}

impl StructOpsType for ManyOps {
    fn validate(ops: &Self) -> Result {
        if ops.id() == 0 {
            return Err(EINVAL);
        }
        Ok(())
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        SLOT.for_each(|ops| pr_info!("each: value({}) = {}\n", ops.id(), ops.value(ops.id())));
        if let Some(value) = SLOT.find(|table| table.id() == 7, |ops| ops.value(7)) {
            pr_info!("find: value(7) = {}\n", value);
        }
        SLEEPY_SLOT.for_each(|ops| {
            let id = ops.map_id();
            pr_info!("each: sleepy value(map {}) = {}\n", id, ops.value(id));
        });
        Ok(())
    }
}

#[pin_data]
struct ManyModule {
    #[pin]
    _device: MiscDeviceRegistration<Device>,
    #[pin]
    _ops: Registration<ManyOps>,
    #[pin]
    _sleepy_ops: Registration<ManySleepyOps>,
}

impl kernel::InPlaceModule for ManyModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"many" };
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(options),
            _ops <- register_struct_ops!(ManyOps),
            _sleepy_ops <- register_struct_ops!(ManySleepyOps),
        })
    }
}
