// SPDX-License-Identifier: GPL-2.0

//! A slot for tables that are called one after the other.

use super::{
    place::{
        dereference,
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
    ptr::{
        self,
        NonNull, //
    },
    slice, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::atomic::{
        ordering::Full,
        Atomic, //
    }, //
};

/// A slot for any number of tables, which are called in order of a priority.
///
/// The priority is a value of the table. The lowest comes first; of equal ones that which was
/// attached first. Updating a link replaces its table: a caller sees the old or the new one, and the
/// new one in the place that its priority gives it.
///
/// Readers walk an array, and neither lock nor allocate. Attaching makes a new one (`ENOMEM`) and
/// waits for the readers of the old one.
///
/// # Examples
///
/// ```
/// # use kernel::error::to_result;
/// #[struct_ops(slot = RULES)]
/// struct RuleOps {
///     /// The lowest is asked first.
///     priority: i32,
///     /// A negative `errno` denies.
///     check: fn(id: u32) -> i32,
/// }
///
/// static RULES: InOrder<RuleOps> = InOrder::new(RuleOps::priority);
/// # impl StructOpsType for RuleOps {}
///
/// /// Ends at the first rule that denies.
/// fn check(id: u32) -> Result {
///     RULES.with(|mut rules| rules.try_for_each(|rule| to_result(rule.check(id))))
/// }
/// #
/// # fn example() -> Result {
/// #     RULES.eject(|rule| rule.priority() < 0);
/// #     check(1)
/// # }
/// ```
///
/// # Invariants
///
/// `tables` is null or points to a `Tables` that is not written to, but for its places, and not
/// freed before it has been replaced *and* a grace period of `P` has passed. It is replaced by a
/// `Writer` only.
pub struct InOrder<T: StructOps, P: Protection<T> = Rcu> {
    priority: fn(&T) -> i32,
    tables: Atomic<*mut Tables<T, P>>,
}

/// What readers walk: sorted, with empty places where tables were detached.
type Tables<T, P> = KVec<Entry<T, P>>;

struct Entry<T: StructOps, P: Protection<T>> {
    priority: i32,
    place: Place<T, P>,
}

/// The attached tables, in order: see [`InOrder::with`].
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = ORACLES)]
/// struct OracleOps {
///     rank: i32,
///     /// Returns a negative number if it does not know.
///     read: fn(id: u32) -> i32,
/// }
///
/// static ORACLES: InOrder<OracleOps> = InOrder::new(OracleOps::rank);
/// # impl StructOpsType for OracleOps {}
///
/// /// Asks one after the other until one knows.
/// fn read(id: u32) -> Option<i32> {
///     ORACLES.with(|mut oracles| oracles.find_map(|ops| Some(ops.read(id)).filter(|r| *r >= 0)))
/// }
/// #
/// # fn example() -> Result {
/// #     assert_eq!(read(1), None);
/// #     Ok(())
/// # }
/// ```
pub struct TablesInOrder<'a, T: StructOps, P: Protection<T>> {
    rest: slice::Iter<'a, Entry<T, P>>,
    guard: &'a P::Guard,
}

impl<'a, T: StructOps, P: Protection<T>> Iterator for TablesInOrder<'a, T, P> {
    type Item = &'a P::View;

    #[inline]
    fn next(&mut self) -> Option<&'a P::View> {
        self.rest
            .by_ref()
            .find_map(|entry| entry.place.read(self.guard))
            .map(P::view)
    }
}

impl<T: StructOps, P: Protection<T>> InOrder<T, P> {
    /// Creates an empty slot. `priority` says where a table stands.
    pub const fn new(priority: fn(&T) -> i32) -> Self {
        // INVARIANT: `tables` is null.
        Self {
            priority,
            tables: Atomic::new(ptr::null_mut()),
        }
    }

    /// Runs `f` on an iterator over the attached tables.
    ///
    /// `f` runs in a read-side critical section, as in [`Exclusive::with`](crate::Exclusive::with).
    /// It may stop early: `try_for_each()`, `find_map()`.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(TablesInOrder<'_, T, P>) -> R) -> R {
        let guard = P::read_lock();
        let tables = dereference(&self.tables);
        // SAFETY: By the type invariants, the array is valid until a grace period after it has been
        // replaced, and that cannot end before `guard` is dropped.
        let rest = unsafe { tables.as_ref() }.map_or(&[][..], |tables| tables);
        f(TablesInOrder {
            rest: rest.iter(),
            guard: &guard,
        })
    }

    /// Takes each table that `matches` away from user space, one after the other.
    ///
    /// As [`Exclusive::eject`](crate::Exclusive::eject). `matches` must not use a slot of the type.
    pub fn eject(&self, matches: impl Fn(&T) -> bool) {
        loop {
            let writer = Writer::lock();
            let matching = self.entries(&writer).iter().find(|entry| {
                let table = entry.place.table(&writer);
                table.is_some_and(|ops| matches(ops))
            });
            let found = matching.is_some();
            let link = matching.and_then(|entry| entry.place.take(&writer));
            self.finish(writer, None);
            match link {
                Some(link) => link.detach(),
                None if !found => return,
                None => {}
            }
        }
    }

    /// The array, as long as nobody else can replace it.
    fn entries<'a>(&self, _writer: &'a Writer<T>) -> &'a [Entry<T, P>] {
        // SAFETY: By the type invariants, the array is valid until it has been replaced, which takes
        // a `Writer`, and a grace period has passed.
        unsafe { dereference(&self.tables).as_ref() }.map_or(&[], |tables| tables)
    }

    fn holding<'a>(&self, writer: &'a Writer<T>, ops: NonNull<Ops<T>>) -> Option<&'a Entry<T, P>> {
        let mut entries = self.entries(writer).iter();
        entries.find(|entry| entry.place.holds(ops))
    }

    /// Makes an array that has `new` as well, and not `without`.
    fn with_added(
        &self,
        writer: &Writer<T>,
        new: Entry<T, P>,
        without: Option<NonNull<Ops<T>>>,
    ) -> Result<KBox<Tables<T, P>>> {
        let old = self.entries(writer);
        let mut tables = KVec::with_capacity(old.len() + 1, GFP_KERNEL)?;
        let mut new = Some(new);
        for entry in old {
            if entry.place.is_empty() || without.is_some_and(|table| entry.place.holds(table)) {
                continue;
            }
            if let Some(new) = new.take_if(|new| new.priority < entry.priority) {
                tables.push(new, GFP_KERNEL)?;
            }
            let copy = Entry {
                priority: entry.priority,
                place: entry.place.copy(writer),
            };
            tables.push(copy, GFP_KERNEL)?;
        }
        if let Some(new) = new {
            tables.push(new, GFP_KERNEL)?;
        }
        Ok(KBox::new(tables, GFP_KERNEL)?)
    }

    /// Ends a change: publishes the new array if there is one, has no array if no table is left, and
    /// waits for the readers of what there was.
    fn finish(&self, writer: Writer<T>, new: Option<KBox<Tables<T, P>>>) {
        let empty = self.entries(&writer).iter().all(|e| e.place.is_empty());
        let old = match new {
            // INVARIANT: The array is complete, and freed below.
            // ORDERING: It is written before it can be found.
            Some(new) => self.tables.xchg(KBox::into_raw(new), Full),
            None if empty => self.tables.xchg(ptr::null_mut(), Full),
            None => ptr::null_mut(),
        };
        drop(writer);
        P::synchronize();
        if !old.is_null() {
            // SAFETY: By the type invariants, this is an array, made by `with_added()`. It has been
            // replaced, so no writer will find it; a grace period has passed, so no reader has it.
            drop(unsafe { KBox::from_raw(old) });
        }
    }
}

// SAFETY: Tables are handed out by the places of an array only, in a read-side critical section.
// `detach()` and `replace()` change the array that readers find first, and then wait for a grace
// period. Readers that have an older array, where the table may still be, have begun before that
// array was replaced, so this waits for them as well. It also holds for a table that `eject()` has
// taken out: `detach()` waits whether it finds the table or not. A table is in an array once: a second
// attempt to attach it is refused here, if the registry has let it through.
unsafe impl<T: StructOps, P: Protection<T>> Slot<T> for InOrder<T, P> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, link: *mut bindings::bpf_link) -> Result {
        let entry = Entry {
            // SAFETY: By the safety requirements of this function.
            priority: (self.priority)(unsafe { ops.as_ref() }),
            place: Place::new(),
        };
        let writer = Writer::lock();
        if self.holding(&writer, ops).is_some() {
            return Err(EBUSY);
        }
        // SAFETY: By the safety requirements of this function, the table and the link stay until
        // `detach()` or `replace()` has returned. Both take the table out, unless it is out, and
        // wait.
        unsafe { entry.place.put(&writer, ops, link)? };
        let tables = self.with_added(&writer, entry, None)?;
        self.finish(writer, Some(tables));
        Ok(())
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        // SAFETY: By the safety requirements of this function.
        let priority = (self.priority)(unsafe { new.as_ref() });
        let writer = Writer::lock();
        if new != old && self.holding(&writer, new).is_some() {
            return Err(EBUSY);
        }
        let entry = self.holding(&writer, old).ok_or(ENOENT)?;
        if entry.priority == priority {
            // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the
            // next `replace()` has returned for it, which take it out and wait.
            unsafe { entry.place.exchange(&writer, new) };
            self.finish(writer, None);
            return Ok(());
        }
        let place = entry.place.copy(&writer);
        // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the next
        // `replace()` has returned for it, which take it out and wait.
        unsafe { place.exchange(&writer, new) };
        let tables = self.with_added(&writer, Entry { priority, place }, Some(old))?;
        self.finish(writer, Some(tables));
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let writer = Writer::lock();
        if let Some(entry) = self.holding(&writer, ops) {
            entry.place.clear(&writer);
        }
        self.finish(writer, None);
    }
}
