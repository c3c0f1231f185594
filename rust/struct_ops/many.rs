// SPDX-License-Identifier: GPL-2.0

//! A slot for several tables.

use crate::{
    kfunc::Caller,
    protection::{
        Protection,
        Rcu, //
    },
    Ops,
    Slot,
    StructOps, //
};
use core::{
    marker::PhantomData,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::{
            Full,
            Relaxed, //
        },
        Atomic, //
    }, //
};

/// A slot for up to `N` tables at a time, in no order.
///
/// Attaching one more fails with `ENOSPC`, attaching a table twice with `EEXIST`. Updating a link
/// replaces its table: a caller sees the old or the new one. Readers look at all `N` places, so this
/// is for small `N`; it never allocates.
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
/// #
/// # fn example() -> Result {
/// #     suspend_all();
/// #     assert_eq!(suspend(1), Err(ENODEV));
/// #     Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// Each of `holders` is null or points to a table for which the invariants of [`Ops`] hold until a
/// grace period of `P` after it has changed.
pub struct Many<T: StructOps, const N: usize, P: Protection<T> = Rcu> {
    holders: [Atomic<*mut Ops<T>>; N],
    // It hands out references to tables, and owns neither them nor a `P`.
    _protection: PhantomData<fn() -> P>,
}

impl<T: StructOps, const N: usize, P: Protection<T>> Many<T, N, P> {
    /// Creates an empty slot.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        // INVARIANT: All are null.
        Self {
            holders: [const { Atomic::new(ptr::null_mut()) }; N],
            _protection: PhantomData,
        }
    }

    /// The table at one place. The caller is in a read-side critical section, which `guard` ends.
    #[inline]
    fn table<'a>(_guard: &'a P::Guard, holder: &Atomic<*mut Ops<T>>) -> Option<&'a Ops<T>> {
        // ORDERING: The dependency on the pointer orders the reads of the table after this load, as
        // in `rcu_dereference()`.
        // SAFETY: By the type invariants, the table is valid until a grace period after `holder` has
        // changed, and that cannot end before the guard is dropped.
        unsafe { holder.load(Relaxed).as_ref() }
    }

    /// Runs `f` on each attached table.
    ///
    /// `f` runs in a read-side critical section, as in [`Exclusive::with`](crate::Exclusive::with).
    pub fn for_each(&self, mut f: impl FnMut(&P::View)) {
        let guard = P::read_lock();
        for ops in self.holders.iter().filter_map(|h| Self::table(&guard, h)) {
            f(P::view(ops));
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
            .holders
            .iter()
            .filter_map(|h| Self::table(&guard, h))
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

    fn holds(&self, ops: NonNull<Ops<T>>) -> bool {
        self.holders
            .iter()
            .any(|h| ptr::eq(h.load(Relaxed), ops.as_ptr()))
    }
}

// SAFETY: Tables are handed out by `for_each()` and `find()` only, in a read-side critical section.
// Both ways to take one out change every place that holds it first and then wait for a grace period.
unsafe impl<T: StructOps, const N: usize, P: Protection<T>> Slot<T> for Many<T, N, P> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>) -> Result {
        if self.holds(ops) {
            return Err(EEXIST);
        }
        for holder in &self.holders {
            // INVARIANT: By the safety requirements, the table stays until `detach()` or
            // `replace()`, both of which wait for a grace period.
            // ORDERING: The table is written before it can be found.
            if holder.cmpxchg(ptr::null_mut(), ops.as_ptr(), Full).is_ok() {
                return Ok(());
            }
        }
        Err(ENOSPC)
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        if self.holds(new) {
            return Err(EEXIST);
        }
        let mut replacement = new.as_ptr();
        for holder in &self.holders {
            // INVARIANT: As in `attach()`, for the first place that held `old`; any other becomes
            // null.
            if holder.cmpxchg(old.as_ptr(), replacement, Full).is_ok() {
                replacement = ptr::null_mut();
            }
        }
        if !replacement.is_null() {
            return Err(ENOENT);
        }
        P::synchronize();
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let mut held = false;
        for holder in &self.holders {
            // INVARIANT: The place becomes null.
            let taken_out = holder.cmpxchg(ops.as_ptr(), ptr::null_mut(), Full);
            held |= taken_out.is_ok();
        }
        if held {
            P::synchronize();
        }
    }
}
