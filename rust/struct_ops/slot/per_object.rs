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
    cell::UnsafeCell,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    list::{
        impl_list_arc_safe,
        impl_list_item,
        List,
        ListArc,
        ListLinks, //
    },
    prelude::*,
    sync::Arc, //
};

/// A slot for one table per object: a device, a queue, a group.
///
/// User space names the object in a value of the table, the key. Each object has an [`ObjectSlot`],
/// through which it is found while it lives. Attaching fails with `ENODEV` if no object has the key,
/// and with `EBUSY` if the object has a table. Updating a link replaces the table: a caller sees the
/// old or the new one. The new table must name the same object, or the update fails with `EINVAL`.
///
/// # Examples
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
/// struct Queue {
///     policy: ObjectSlot<QueueOps>,
///     len: u32,
/// }
///
/// impl Queue {
///     fn new(id: u32) -> Result<Self> {
///         let policy = QUEUES.object(id)?;
///         Ok(Self { policy, len: 0 })
///     }
///
///     /// Without a program, the oldest.
///     fn pick(&self) -> i32 {
///         self.policy.with(|p| p.pick(self.len)).unwrap_or(0)
///     }
/// }
/// #
/// # fn example() -> Result {
/// #     let queue = Queue::new(1)?;
/// #     assert_eq!(queue.pick(), 0);
/// #     assert!(Queue::new(1).is_err_and(|error| error == EEXIST));
/// #     drop(queue);
/// #     Queue::new(1)?;
/// #     Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// `entries` has an entry for each [`ObjectSlot`] that has not been dropped. It is used by a `Writer`
/// only.
pub struct PerObject<
    T: StructOps,
    K: PartialEq + Send + Sync + 'static = u32,
    P: Protection<T> + 'static = Rcu,
> {
    key: fn(&T) -> K,
    entries: UnsafeCell<List<Entry<T, K, P>>>,
}

// SAFETY: `entries` is used by a `Writer` only, and whoever has a `Writer` is alone. Entries may be used
// and dropped by any thread.
unsafe impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> Sync
    for PerObject<T, K, P>
{
}

/// What an object and the list have in common.
///
/// An object that is freed without being dropped leaves its entry behind, and no more: nothing points
/// to the object itself.
#[pin_data]
pub(super) struct Entry<T: StructOps, K, P: Protection<T>> {
    key: K,
    pub(super) place: Place<T, P>,
    #[pin]
    links: ListLinks,
}

impl_list_arc_safe! {
    impl{T: StructOps, K, P: Protection<T>} ListArcSafe<0> for Entry<T, K, P> { untracked; }
}
impl_list_item! {
    impl{T: StructOps, K, P: Protection<T>} ListItem<0> for Entry<T, K, P> {
        using ListLinks { self.links };
    }
}

impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> PerObject<T, K, P> {
    /// Creates a slot without objects. `key` says which object a table is for.
    pub const fn new(key: fn(&T) -> K) -> Self {
        // INVARIANT: There are no objects.
        Self {
            key,
            entries: UnsafeCell::new(List::new()),
        }
    }

    /// Creates the slot of the object with the key `key`, which can be found at once.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: another object has this key.
    /// - `ENOMEM`.
    pub fn object(&'static self, key: K) -> Result<ObjectSlot<T, K, P>> {
        let entry = try_pin_init!(Entry {
            key,
            place: Place::new(),
            links <- ListLinks::new(),
        });
        let entry = ListArc::pin_init(entry, GFP_KERNEL)?;
        let mut writer = Writer::lock();
        if self
            .find(&mut writer, |other| other.key == entry.key)
            .is_some()
        {
            return Err(EEXIST);
        }
        let object = ObjectSlot {
            all: self,
            entry: entry.clone_arc(),
        };
        // INVARIANT: The object leaves the list when it is dropped.
        self.entries(&mut writer).push_front(entry);
        Ok(object)
    }

    fn entries<'a>(&self, _writer: &'a mut Writer<T>) -> &'a mut List<Entry<T, K, P>> {
        // SAFETY: By the type invariants, a `Writer` is needed for this. There is no other one, and this
        // one is borrowed for as long as the list.
        unsafe { &mut *self.entries.get() }
    }

    fn find<'a>(
        &self,
        writer: &'a mut Writer<T>,
        matches: impl Fn(&Entry<T, K, P>) -> bool,
    ) -> Option<Arc<Entry<T, K, P>>> {
        let mut entries = self.entries(writer).iter();
        entries.find(|entry| matches(entry)).map(Into::into)
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
        let mut writer = Writer::lock();
        let object = self
            .find(&mut writer, |object| object.key == key)
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
        let mut writer = Writer::lock();
        let object = self
            .find(&mut writer, |object| object.place.holds(old))
            .ok_or(ENOENT)?;
        if object.key != key {
            return Err(EINVAL);
        }
        // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the next
        // `replace()` has returned for it, which take it out and wait.
        unsafe { object.place.exchange(&writer, new) };
        drop(writer);
        P::synchronize();
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let mut writer = Writer::lock();
        if let Some(object) = self.find(&mut writer, |object| object.place.holds(ops)) {
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
/// # Examples
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
/// #     let port = PORTS.object([7; 8])?;
/// #     unplugged(&port);
/// #     assert!(!port.is_attached() && port.key() == &[7; 8]);
/// #     Ok(())
/// # }
/// ```
pub struct ObjectSlot<
    T: StructOps,
    K: PartialEq + Send + Sync + 'static = u32,
    P: Protection<T> + 'static = Rcu,
> {
    all: &'static PerObject<T, K, P>,
    pub(super) entry: Arc<Entry<T, K, P>>,
}

impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> ObjectSlot<T, K, P> {
    /// What tables name the object by.
    pub fn key(&self) -> &K {
        &self.entry.key
    }

    /// Runs `f` on the table of the object; returns [`None`] if there is none.
    ///
    /// As [`Exclusive::with`](crate::Exclusive::with): nothing is looked up.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&P::View) -> R) -> Option<R> {
        self.entry.place.with(f)
    }

    /// Is a table attached? The answer may be out of date when it arrives.
    pub fn is_attached(&self) -> bool {
        !self.entry.place.is_empty()
    }

    /// Takes the table away from user space, as [`Exclusive::eject`](crate::Exclusive::eject).
    pub fn eject(&self) {
        self.entry.place.eject();
    }
}

impl<T: StructOps, K: PartialEq + Send + Sync, P: Protection<T>> Drop for ObjectSlot<T, K, P> {
    fn drop(&mut self) {
        let mut writer = Writer::lock();
        // SAFETY: The entry is in the list of `all`, and has never been in another.
        let entry = unsafe { self.all.entries(&mut writer).remove(&self.entry) };
        drop(writer);
        drop(entry);
        // Nobody can attach another.
        self.eject();
    }
}
