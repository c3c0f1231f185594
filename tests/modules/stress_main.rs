// SPDX-License-Identifier: GPL-2.0

//! A module for tests that fail each allocation, and for tests that do everything at once.
//!
//! What is written to `/dev/stress` is a command. `register` registers `stress_ops`, until
//! `unregister` or until the file is closed; `call` calls all programs of both types, and fails if
//! there is none, or if one does not return what it should. `stress_order_ops` is registered as long
//! as the module is loaded.

#![deny(unsafe_code)]

use kernel::{
    fs::{
        File,
        Kiocb, //
    },
    iov::IovIterSource,
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    new_mutex,
    prelude::*,
    sync::Mutex, //
};
use struct_ops::prelude::*;

module! {
    type: Stress,
    name: "stress",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops types that come and go",
    license: "GPL",
}

/// A type that comes and goes. To register it takes an allocation for each callback with `task`.
#[struct_ops(slot = MANY)]
pub struct StressOps {
    /// Returns `value + 1`.
    call: fn(task: Option<&Task>, value: u32) -> i32,
    /// Not called.
    #[optional]
    unused: fn(task: Option<&Task>),
}

static MANY: Many<StressOps, 4> = Many::new();

impl StructOpsType for StressOps {}

/// A type of which attaching a table takes allocations in the module.
#[struct_ops(slot = ORDER)]
pub struct StressOrderOps {
    /// Returns `value + 1`.
    #[sleepable]
    call: fn(task: Option<&Task>, value: u32) -> i32,
    /// The lowest comes first.
    priority: i32,
}

static ORDER: InOrder<StressOrderOps, Srcu> = InOrder::new(StressOrderOps::priority);

impl StructOpsType for StressOrderOps {}

/// Calls every attached program.
fn call() -> Result {
    let (mut calls, mut wrong) = (0, 0);
    let mut check = |call: &dyn Fn(u32) -> i32| {
        let result = call(calls);
        calls += 1;
        wrong += i32::from(i64::from(result) != i64::from(calls));
    };

    MANY.for_each(|ops| check(&|value| ops.call(None, value)));
    ORDER.with(|tables| tables.for_each(|ops| check(&|value| ops.call(None, value))));
    match (calls, wrong) {
        (0, _) => Err(ENXIO),
        (_, 0) => Ok(()),
        _ => Err(EIO),
    }
}

#[pin_data]
struct OpenFile {
    #[pin]
    registration: Mutex<Option<Pin<KBox<Registration<StressOps>>>>>,
}

impl OpenFile {
    fn command(&self, command: &[u8]) -> Result {
        match command {
            b"register" => {
                let new = KBox::pin_init(register_struct_ops!(StressOps), GFP_KERNEL)?;
                // There was none, or this would have failed.
                *self.registration.lock() = Some(new);
                Ok(())
            }
            b"unregister" => {
                let old = self.registration.lock().take();
                old.map(drop).ok_or(ENOENT)
            }
            b"call" => call(),
            _ => Err(EINVAL),
        }
    }
}

#[vtable]
impl MiscDevice for OpenFile {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        let file = pin_init!(Self { registration <- new_mutex!(None) });
        KBox::pin_init(file, GFP_KERNEL)
    }

    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut buffer = [0; 16];
        let len = iov.copy_from_iter(&mut buffer);
        kiocb.file().command(&buffer[..len])?;
        Ok(len)
    }
}

#[pin_data]
struct Stress {
    #[pin]
    _device: MiscDeviceRegistration<OpenFile>,
    #[pin]
    _order: Registration<StressOrderOps>,
}

impl kernel::InPlaceModule for Stress {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"stress" };
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(options),
            _order <- register_struct_ops!(StressOrderOps),
        })
    }
}
