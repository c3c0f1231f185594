// SPDX-License-Identifier: GPL-2.0

//! A module that calls programs which sleep, through slots that it can empty itself.
//!
//! What is written to `/dev/slots` is a command. Each open file can be an object with a slot:
//! `object 7` makes it one, with the key 7, until the file is closed. `call` calls the program of the
//! object, `poll` fails if there is none, `eject` takes it away. `order call` calls all programs of
//! the slot that has an order, until one fails; `order eject` takes those away that have the
//! priority 5. `handle get` keeps the program of the slot that is counted until `handle put`,
//! `handle call` calls it, and `handle eject` takes it away. `several eject` takes those away that
//! have the id 1, `several crowd` all of a slot that has very many. `forget 8` makes an object that is
//! freed without being dropped. When a program is detached, the log says how many calls still run:
//! `slots: unreg: 0 running`.

#![deny(unsafe_code)]

use kernel::{
    error::to_result,
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
    sync::{
        atomic::{
            ordering::Relaxed,
            Atomic, //
        },
        Arc,
        Mutex, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    types::Opaque, //
};
use struct_ops::prelude::*;

module! {
    type: Slots,
    name: "slots",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops types whose owner takes programs away",
    license: "GPL",
}

/// Calls of programs that have not returned.
static RUNNING: Atomic<i32> = Atomic::new(0);

fn log_running() {
    pr_info!("unreg: {} running\n", RUNNING.load(Relaxed));
}

/// Calls a program, and says so.
fn logged(call: impl FnOnce() -> i32) -> i32 {
    RUNNING.add(1, Relaxed);
    pr_info!("calling nap()\n");
    let result = call();
    pr_info!("nap() = {}\n", result);
    RUNNING.add(-1, Relaxed);
    result
}

/// A type of which each object has one.
#[struct_ops(slot = OBJECTS)]
pub struct SlotsObjectOps {
    /// The result is that of the command.
    #[sleepable]
    nap: fn() -> i32,
    /// Which object.
    id: u32,
}

static OBJECTS: PerObject<SlotsObjectOps, u32, Srcu> = PerObject::new(SlotsObjectOps::id);

impl StructOpsType for SlotsObjectOps {
    fn unreg(_ops: &Ops<Self>) {
        log_running();
    }
}

/// A type whose programs are called one after the other.
#[struct_ops(slot = ORDER)]
pub struct SlotsOrderOps {
    /// An error ends the row, and is the result of the command.
    #[sleepable]
    #[clamp(EPROTO)]
    nap: fn() -> i32,
    /// The lowest comes first.
    priority: i32,
}

static ORDER: InOrder<SlotsOrderOps, Srcu> = InOrder::new(SlotsOrderOps::priority);

impl StructOpsType for SlotsOrderOps {
    fn unreg(_ops: &Ops<Self>) {
        log_running();
    }
}

/// A type whose programs are called by who keeps them.
#[struct_ops(slot = COUNTED)]
pub struct SlotsCountedOps {
    /// The result is that of the command.
    #[sleepable]
    nap: fn() -> i32,
}

static COUNTED: Exclusive<SlotsCountedOps, Counted> = Exclusive::new();

impl StructOpsType for SlotsCountedOps {
    fn unreg(_ops: &Ops<Self>) {
        log_running();
    }
}

/// A type of which several are attached.
#[struct_ops(slot = SEVERAL)]
pub struct SlotsSeveralOps {
    /// Not called.
    nap: fn() -> i32,
    /// Which one.
    id: u32,
}

static SEVERAL: Many<SlotsSeveralOps, 2> = Many::new();

/// Too many for an array of them on the stack.
static CROWD: Many<SlotsSeveralOps, 4096> = Many::new();

impl StructOpsType for SlotsSeveralOps {}

/// A type whose author forgets to attach the table of an update.
#[struct_ops(slot = FORGETFUL)]
pub struct SlotsForgetfulOps {
    /// Not called.
    nap: fn() -> i32,
}

static FORGETFUL: Exclusive<SlotsForgetfulOps> = Exclusive::new();

impl StructOpsType for SlotsForgetfulOps {
    fn update(_new: Attachment<'_, Self>, _old: &Ops<Self>) -> Result {
        Ok(())
    }
}

/// Programs have no helper that sleeps for a given time.
#[kfunc(struct_ops, sleepable)]
fn slots_sleep(ms: u32) {
    fsleep(Delta::from_millis(ms.into()));
}

type Object = ObjectSlot<SlotsObjectOps, u32, Srcu>;

fn there(attached: bool) -> Result {
    attached.then_some(()).ok_or(ENXIO)
}

#[pin_data]
struct OpenFile {
    #[pin]
    object: Mutex<Option<Arc<Object>>>,
    #[pin]
    handle: Mutex<Option<Handle<SlotsCountedOps>>>,
}

impl OpenFile {
    fn object(&self) -> Result<Arc<Object>> {
        self.object.lock().clone().ok_or(ENOENT)
    }

    fn command(&self, command: &str) -> Result {
        match command.split_once(' ').unwrap_or((command, "")) {
            ("object", id) => {
                let id = id.parse().map_err(|_| EINVAL)?;
                let object = Arc::new(OBJECTS.object(id)?, GFP_KERNEL)?;
                // The one that goes is dropped without the lock: that may sleep.
                let old = self.object.lock().replace(object);
                drop(old);
                Ok(())
            }
            ("call", "") => {
                let result = self.object()?.with(|ops| logged(|| ops.nap()));
                to_result(result.ok_or(ENXIO)?)
            }
            ("poll", "") => there(self.object()?.is_attached()),
            ("eject", "") => {
                self.object()?.eject();
                Ok(())
            }
            ("order", "call") => ORDER.with(|mut tables| {
                tables.try_for_each(|ops| {
                    pr_info!("priority {}, map {}\n", ops.priority(), ops.map_id());
                    to_result(logged(|| ops.nap()))
                })
            }),
            ("order", "eject") => {
                ORDER.eject(|ops| ops.priority() == 5);
                Ok(())
            }
            ("handle", "get") => {
                *self.handle.lock() = Some(COUNTED.get().ok_or(ENXIO)?);
                Ok(())
            }
            ("handle", "call") => {
                let handle = self.handle.lock();
                let handle = handle.as_ref().ok_or(ENOENT)?;
                to_result(logged(|| handle.nap()))
            }
            ("handle", "put") => {
                *self.handle.lock() = None;
                Ok(())
            }
            ("handle", "eject") => {
                COUNTED.eject();
                Ok(())
            }
            ("several", "eject") => {
                SEVERAL.eject(|ops| ops.id() == 1);
                Ok(())
            }
            ("several", "crowd") => {
                CROWD.eject(|_| true);
                Ok(())
            }
            ("forget", id) => {
                // Freed, and not dropped.
                let id = id.parse().map_err(|_| EINVAL)?;
                let object = Opaque::new(OBJECTS.object(id)?);
                drop(KBox::new(object, GFP_KERNEL)?);
                Ok(())
            }
            ("forgetful", "poll") => there(FORGETFUL.is_attached()),
            _ => Err(EINVAL),
        }
    }
}

#[vtable]
impl MiscDevice for OpenFile {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        KBox::pin_init(
            pin_init!(Self {
                object <- new_mutex!(None),
                handle <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut buffer = [0; 32];
        let len = iov.copy_from_iter(&mut buffer);
        let command = core::str::from_utf8(&buffer[..len]).map_err(|_| EINVAL)?;
        kiocb.file().command(command.trim_end())?;
        Ok(len)
    }
}

#[pin_data]
struct Slots {
    #[pin]
    _device: MiscDeviceRegistration<OpenFile>,
    #[pin]
    _objects: Registration<SlotsObjectOps>,
    #[pin]
    _order: Registration<SlotsOrderOps>,
    #[pin]
    _counted: Registration<SlotsCountedOps>,
    #[pin]
    _several: Registration<SlotsSeveralOps>,
    #[pin]
    _forgetful: Registration<SlotsForgetfulOps>,
}

impl kernel::InPlaceModule for Slots {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"slots" };
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(options),
            _: { register_kfuncs()? },
            _objects <- register_struct_ops!(SlotsObjectOps),
            _order <- register_struct_ops!(SlotsOrderOps),
            _counted <- register_struct_ops!(SlotsCountedOps),
            _several <- register_struct_ops!(SlotsSeveralOps),
            _forgetful <- register_struct_ops!(SlotsForgetfulOps),
        })
    }
}
