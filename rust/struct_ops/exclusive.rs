// SPDX-License-Identifier: GPL-2.0

//! A slot for one table.

use crate::{
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

/// A slot for one table at a time.
///
/// Attaching a second table fails with `EBUSY`. Updating a link replaces the table: a caller sees
/// the old or the new one. Calling costs a read lock, a load and a test; the read lock is RCU's, or
/// that of [`Srcu`](crate::Srcu) where programs have to sleep.
///
/// ```
/// #[struct_ops(slot = FILTER)]
/// struct FilterOps {
///     /// A non-zero value drops the packet.
///     filter: fn(length: u32) -> i32,
/// }
///
/// static FILTER: Exclusive<FilterOps> = Exclusive::new();
/// # impl StructOpsType for FilterOps {}
///
/// /// Without a program, nothing is dropped.
/// fn drops(length: u32) -> bool {
///     FILTER.with(|ops| ops.filter(length) != 0).unwrap_or(false)
/// }
/// #
/// # fn example() -> Result {
/// #     assert!(!FILTER.is_attached() && !drops(64));
/// #     Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// `holder` is null or points to a table for which the invariants of [`Ops`] hold until a grace
/// period of `P` after `holder` has changed.
pub struct Exclusive<T: StructOps, P: Protection<T> = Rcu> {
    holder: Atomic<*mut Ops<T>>,
    // It hands out references to tables, and owns neither them nor a `P`.
    _protection: PhantomData<fn() -> P>,
}

impl<T: StructOps, P: Protection<T>> Exclusive<T, P> {
    /// Creates an empty slot.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        // INVARIANT: `holder` is null.
        Self {
            holder: Atomic::new(ptr::null_mut()),
            _protection: PhantomData,
        }
    }

    /// Runs `f` on the attached table; returns [`None`] if there is none.
    ///
    /// `f` runs in a read-side critical section: with RCU it must not sleep, and callbacks that are
    /// `#[sleepable]` cannot be called. It must not detach the table either, which would wait for
    /// `f`.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&P::View) -> R) -> Option<R> {
        let _guard = P::read_lock();
        // ORDERING: The dependency on the pointer orders the reads of the table after this load, as
        // in `rcu_dereference()`.
        let holder = self.holder.load(Relaxed);
        // SAFETY: By the type invariants, the table is valid until a grace period after `holder` has
        // changed, and that cannot end before `_guard` is dropped. `f` cannot keep the reference.
        let ops = unsafe { holder.as_ref() }?;
        Some(f(P::view(ops)))
    }

    /// Is a table attached? The answer may be out of date when it arrives.
    pub fn is_attached(&self) -> bool {
        !self.holder.load(Relaxed).is_null()
    }
}

// SAFETY: Tables are handed out by `with()` only, in a read-side critical section. Both ways to take
// one out change `holder` first and then wait for a grace period.
unsafe impl<T: StructOps, P: Protection<T>> Slot<T> for Exclusive<T, P> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>) -> Result {
        // INVARIANT: By the safety requirements, the table stays until `detach()` or `replace()`,
        // both of which wait for a grace period.
        // ORDERING: The table is written before it can be found.
        match self.holder.cmpxchg(ptr::null_mut(), ops.as_ptr(), Full) {
            Ok(_) => Ok(()),
            Err(_) => Err(EBUSY),
        }
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        // INVARIANT: As in `attach()`.
        match self.holder.cmpxchg(old.as_ptr(), new.as_ptr(), Full) {
            Ok(_) => {
                P::synchronize();
                Ok(())
            }
            Err(_) => Err(ENOENT),
        }
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        // INVARIANT: `holder` becomes null.
        if self
            .holder
            .cmpxchg(ops.as_ptr(), ptr::null_mut(), Full)
            .is_ok()
        {
            P::synchronize();
        }
    }
}
