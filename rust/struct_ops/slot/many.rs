// SPDX-License-Identifier: GPL-2.0

//! A slot for several tables.

use super::{
    place::{
        Link,
        Place,
        Writer, //
    },
    protection::{
        Protection,
        Rcu, //
    },
};
use crate::{
    Caller,
    Ops,
    Slot,
    StructOps, //
};
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// A slot for up to `N` tables at a time, in no order.
///
/// Attaching one more fails with `ENOSPC`. Updating a link replaces its table: a caller sees the old
/// or the new one. Readers look at all `N` places, so this is for small `N`; it never allocates.
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = DRIVERS)]
/// struct DriverOps {
///     /// The device that this is for.
///     id: u32,
///     suspend: fn() -> i32,
/// }
///
/// static DRIVERS: Many<DriverOps, 16> = Many::new();
/// # impl StructOpsType for DriverOps {}
///
/// fn suspend(device: u32) -> Result {
///     let result = DRIVERS.find(|table| table.id() == device, |ops| ops.suspend());
///     kernel::error::to_result(result.ok_or(ENODEV)?)
/// }
///
/// fn suspend_all() {
///     DRIVERS.for_each(|ops| {
///         ops.suspend();
///     });
/// }
///
/// fn unplug(device: u32) {
///     DRIVERS.eject(|table| table.id() == device);
/// }
/// #
/// # fn example() -> Result {
/// #     suspend_all();
/// #     unplug(1);
/// #     assert_eq!(suspend(1), Err(ENODEV));
/// #     Ok(())
/// # }
/// ```
pub struct Many<T: StructOps, const N: usize, P: Protection<T> = Rcu> {
    places: [Place<T, P>; N],
    same: fn(&T, &T) -> bool,
}

impl<T: StructOps, const N: usize, P: Protection<T>> Many<T, N, P> {
    /// Creates an empty slot.
    #[expect(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        Self::unique(|_, _| false)
    }

    /// Creates an empty slot for tables that differ: with two that are the `same`, the second cannot be
    /// attached, and gets `EEXIST`. `same` must not use a slot of the type.
    ///
    /// See [`Name`](crate::Name) for an example.
    pub const fn unique(same: fn(&T, &T) -> bool) -> Self {
        Self {
            places: [const { Place::new() }; N],
            same,
        }
    }

    /// Runs `f` on each attached table.
    ///
    /// `f` runs in a read-side critical section, as in [`Exclusive::with`](crate::Exclusive::with).
    #[inline]
    pub fn for_each(&self, mut f: impl FnMut(&P::View)) {
        let guard = P::read_lock();
        let mut index = 0;
        // An iterator tests for the end before each place, which is one jump more.
        while index < N {
            if let Some(ops) = self.places[index].read(&guard) {
                f(P::view(ops));
            }
            index += 1;
        }
    }

    /// Runs `f` on an attached table that `matches`; returns [`None`] if there is none.
    ///
    /// Both run in a read-side critical section, as in
    /// [`Exclusive::with`](crate::Exclusive::with).
    pub fn find<R>(
        &self,
        matches: impl Fn(&Ops<T>) -> bool,
        f: impl FnOnce(&P::View) -> R,
    ) -> Option<R> {
        let guard = P::read_lock();
        let ops = self
            .places
            .iter()
            .filter_map(|place| place.read(&guard))
            .find(|ops| matches(ops))?;
        Some(f(P::view(ops)))
    }

    /// Runs `f` on the attached table that user space has associated `program` with; returns
    /// [`None`] if there is none.
    ///
    /// `f` runs in a read-side critical section, as in
    /// [`Exclusive::with`](crate::Exclusive::with).
    pub fn find_associated<R>(&self, program: &Caller, f: impl FnOnce(&P::View) -> R) -> Option<R> {
        let table = program.associated();
        self.find(|ops| ptr::eq(ops, table), f)
    }

    /// Takes each table that `matches` away from user space.
    ///
    /// As [`Exclusive::eject`](crate::Exclusive::eject). `matches` must not use a slot of the type.
    pub fn eject(&self, matches: impl Fn(&T) -> bool) {
        // One after the other: an array of links would be on the stack, and `N` is the author's.
        for place in self.places.iter().filter(|place| !place.is_empty()) {
            let writer = Writer::lock();
            let matching = place.table(&writer).is_some_and(|ops| matches(ops));
            let link = matching.then(|| place.take(&writer)).flatten();
            drop(writer);
            if matching {
                P::synchronize();
                link.into_iter().for_each(Link::detach);
            }
        }
        // For those that somebody else is taking out.
        P::synchronize();
    }

    fn holding(&self, ops: NonNull<Ops<T>>) -> Option<&Place<T, P>> {
        self.places.iter().find(|place| place.holds(ops))
    }
}

// SAFETY: Tables are handed out by places only, in a read-side critical section. `detach()` and
// `replace()` change the place first and then wait for a grace period. That holds for a table that
// `eject()` has taken out, too: `detach()` waits whether it finds the table or not. A table is in one
// place only: a second attempt to attach it is refused here, if the registry has let it through.
unsafe impl<T: StructOps, const N: usize, P: Protection<T>> Slot<T> for Many<T, N, P> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, link: *mut bindings::bpf_link) -> Result {
        let writer = Writer::lock();
        // SAFETY: By the safety requirements of this function.
        let new = unsafe { ops.as_ref() };
        let mut empty = None;
        for place in &self.places {
            match place.table(&writer) {
                Some(table) if ptr::eq(table, new) => return Err(EBUSY),
                Some(table) if (self.same)(table, new) => return Err(EEXIST),
                Some(_) => {}
                None => empty = empty.or(Some(place)),
            }
        }
        // SAFETY: By the safety requirements of this function, the table and the link stay until
        // `detach()` or `replace()` has returned. Both take the table out, unless it is out, and
        // wait.
        unsafe { empty.ok_or(ENOSPC)?.put(&writer, ops, link) }
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        let writer = Writer::lock();
        if new != old && self.holding(new).is_some() {
            return Err(EBUSY);
        }
        let others = self.places.iter().filter(|place| !place.holds(old));
        let mut tables = others.filter_map(|place| place.table(&writer));
        // SAFETY: By the safety requirements of this function.
        if tables.any(|table| (self.same)(table, unsafe { new.as_ref() })) {
            return Err(EEXIST);
        }
        // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the next
        // `replace()` has returned for it, which take it out and wait.
        unsafe { self.holding(old).ok_or(ENOENT)?.exchange(&writer, new) };
        drop(writer);
        P::synchronize();
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let writer = Writer::lock();
        if let Some(place) = self.holding(ops) {
            place.clear(&writer);
        }
        drop(writer);
        P::synchronize();
    }
}
