// SPDX-License-Identifier: GPL-2.0

//! A slot in each of many objects.

use super::{
    place::{
        Place,
        Writer, //
    },
    protection::{
        Protection,
        Rcu, //
    },
};
use crate::{
    Ops,
    Slot,
    StructOps, //
};
use core::{
    cell::Cell,
    marker::PhantomPinned,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// A slot for one table per object: a device, a queue, a group.
///
/// User space names the object in a value of the table, the key. Each object has an [`ObjectSlot`],
/// through which it is found while it lives. Attaching fails with `ENODEV` if no object has the key,
/// and with `EBUSY` if the object has a table. Updating a link replaces the table: a caller sees the
/// old or the new one. The new table must name the same object, or the update fails with `EINVAL`.
///
/// ```
/// #[struct_ops(slot = QUEUES)]
/// struct QueueOps {
///     /// Which queue the table is for.
///     queue: u32,
///     /// Picks a request, by its number.
///     pick: fn(len: u32) -> i32,
/// }
///
/// static QUEUES: PerObject<QueueOps> = PerObject::new(QueueOps::queue);
/// # impl StructOpsType for QueueOps {}
///
/// #[pin_data]
/// struct Queue {
///     #[pin]
///     policy: ObjectSlot<QueueOps>,
///     len: u32,
/// }
///
/// impl Queue {
///     fn new(id: u32) -> impl PinInit<Self, Error> {
///         try_pin_init!(Self { policy <- QUEUES.object(id), len: 0 })
///     }
///
///     /// Without a program, the oldest.
///     fn pick(&self) -> i32 {
///         self.policy.with(|p| p.pick(self.len)).unwrap_or(0)
///     }
/// }
/// #
/// # fn example() -> Result {
/// #     let queue = KBox::pin_init(Queue::new(1), GFP_KERNEL)?;
/// #     assert_eq!(queue.pick(), 0);
/// #     assert!(KBox::pin_init(Queue::new(1), GFP_KERNEL).is_err_and(|error| error == EEXIST));
/// #     drop(queue);
/// #     KBox::pin_init(Queue::new(1), GFP_KERNEL)?;
/// #     Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// `first` and the `next` of each object make a list of live objects of this slot, each of them
/// once. It is read and written by a `Writer` only.
pub struct PerObject<
    T: StructOps,
    K: PartialEq + Send + Sync + 'static = u32,
    P: Protection<T> + 'static = Rcu,
> {
    key: fn(&T) -> K,
    first: Cell<*const ObjectSlot<T, K, P>>,
}

// SAFETY: `first` is used by a `Writer` only, and whoever has a `Writer` is alone. The objects that it
// leads to are `Sync`.
unsafe impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> Sync
    for PerObject<T, K, P>
{
}

impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> PerObject<T, K, P> {
    /// Creates a slot without objects. `key` says which object a table is for.
    pub const fn new(key: fn(&T) -> K) -> Self {
        // INVARIANT: The list is empty.
        Self {
            key,
            first: Cell::new(ptr::null()),
        }
    }

    /// Creates the slot of the object with the key `key`, which can be found at once.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: another object has this key.
    pub fn object(&'static self, key: K) -> impl PinInit<ObjectSlot<T, K, P>, Error> {
        pin_init!(ObjectSlot {
            all: self,
            key,
            place: Place::new(),
            next: Cell::new(ptr::null()),
            _pin: PhantomPinned,
        }? Error)
        .pin_chain(|object| {
            let object = object.into_ref().get_ref();
            let writer = Writer::lock();
            if self
                .find(&writer, |other| other.key == object.key)
                .is_some()
            {
                return Err(EEXIST);
            }
            // INVARIANT: The object is pinned and initialised, not in the list, and leaves it when
            // it is dropped.
            object.next.set(self.first.get());
            self.first.set(object);
            Ok(())
        })
    }

    /// Finds an object that `matches`. It lives as long as nobody else can write.
    fn find<'a>(
        &self,
        _writer: &'a Writer<T>,
        matches: impl Fn(&ObjectSlot<T, K, P>) -> bool,
    ) -> Option<&'a ObjectSlot<T, K, P>> {
        let mut next = self.first.get();
        // SAFETY: By the type invariants, this is null or a live object. One that is dropped leaves
        // the list first, which takes a `Writer`.
        while let Some(object) = unsafe { next.as_ref() } {
            if matches(object) {
                return Some(object);
            }
            next = object.next.get();
        }
        None
    }

    /// Takes an object out of the list if it is there.
    fn forget(&self, _writer: &Writer<T>, gone: &ObjectSlot<T, K, P>) {
        let mut next = &self.first;
        // SAFETY: As in `find()`.
        while let Some(object) = unsafe { next.get().as_ref() } {
            if ptr::eq(object, gone) {
                // INVARIANT: The list goes on behind it.
                next.set(gone.next.get());
                return;
            }
            next = &object.next;
        }
    }
}

// SAFETY: Tables are handed out by places only, in a read-side critical section. `detach()` and
// `replace()` change the place first and then wait for a grace period. That holds for a table that
// its object has ejected, too: `detach()` waits whether it finds the table or not.
unsafe impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> Slot<T>
    for PerObject<T, K, P>
{
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, link: *mut bindings::bpf_link) -> Result {
        // SAFETY: By the safety requirements of this function.
        let key = (self.key)(unsafe { ops.as_ref() });
        let writer = Writer::lock();
        let object = self
            .find(&writer, |object| object.key == key)
            .ok_or(ENODEV)?;
        if !object.place.is_empty() {
            return Err(EBUSY);
        }
        // SAFETY: By the safety requirements of this function, the table and the link stay until
        // `detach()` or `replace()` has returned. Both take the table out, unless it is out, and
        // wait.
        unsafe { object.place.put(&writer, ops, link) }
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        // SAFETY: By the safety requirements of this function.
        let key = (self.key)(unsafe { new.as_ref() });
        let writer = Writer::lock();
        let object = self
            .find(&writer, |object| object.place.holds(old))
            .ok_or(ENOENT)?;
        if object.key != key {
            return Err(EINVAL);
        }
        // SAFETY: As in `attach()`.
        unsafe { object.place.exchange(&writer, new) };
        drop(writer);
        P::synchronize();
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let writer = Writer::lock();
        if let Some(object) = self.find(&writer, |object| object.place.holds(ops)) {
            object.place.clear(&writer);
        }
        drop(writer);
        P::synchronize();
    }
}

/// The slot in one object, see [`PerObject`].
///
/// Dropping it ejects the table, as [`ObjectSlot::eject`] does, and with the same rules for the
/// caller. From then on no table can be attached to it.
///
/// ```
/// #[struct_ops(slot = PORTS)]
/// struct PortOps {
///     /// Which port the table is for.
///     port: [c_char; 8],
///     forward: fn(to: u32) -> i32,
/// }
///
/// // The key can be a name.
/// static PORTS: PerObject<PortOps, [c_char; 8]> = PerObject::new(|table| *table.port());
/// # impl StructOpsType for PortOps {}
///
/// type Port = ObjectSlot<PortOps, [c_char; 8]>;
///
/// /// The cable is out: what programs have decided does not count any more.
/// fn unplugged(port: &Port) {
///     port.eject();
/// }
/// #
/// # fn example() -> Result {
/// #     let port = KBox::pin_init(PORTS.object([7; 8]), GFP_KERNEL)?;
/// #     unplugged(&port);
/// #     assert!(!port.is_attached() && port.key() == &[7; 8]);
/// #     Ok(())
/// # }
/// ```
#[pin_data(PinnedDrop)]
pub struct ObjectSlot<
    T: StructOps,
    K: PartialEq + Send + Sync + 'static = u32,
    P: Protection<T> + 'static = Rcu,
> {
    all: &'static PerObject<T, K, P>,
    key: K,
    pub(crate) place: Place<T, P>,
    next: Cell<*const Self>,
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: `next` is used by a `Writer` only, and whoever has a `Writer` is alone. An object may be
// dropped by any thread.
unsafe impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> Send
    for ObjectSlot<T, K, P>
{
}

// SAFETY: As above; the key is `Sync`, and a place is shared by design.
unsafe impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> Sync
    for ObjectSlot<T, K, P>
{
}

impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> ObjectSlot<T, K, P> {
    /// What tables name the object by.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Runs `f` on the table of the object; returns [`None`] if there is none.
    ///
    /// As [`Exclusive::with`](crate::Exclusive::with): nothing is looked up.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&P::View) -> R) -> Option<R> {
        self.place.with(f)
    }

    /// Is a table attached? The answer may be out of date when it arrives.
    pub fn is_attached(&self) -> bool {
        !self.place.is_empty()
    }

    /// Takes the table away from user space, as [`Exclusive::eject`](crate::Exclusive::eject).
    pub fn eject(&self) {
        self.place.eject();
    }
}

#[pinned_drop]
impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> PinnedDrop
    for ObjectSlot<T, K, P>
{
    fn drop(self: Pin<&mut Self>) {
        let object = self.into_ref().get_ref();
        object.all.forget(&Writer::lock(), object);
        // Nobody can attach another.
        object.eject();
    }
}
