// SPDX-License-Identifier: GPL-2.0

//! A slot for one table.

use crate::{
    Ops,
    Slot,
    StructOps, //
};
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            ordering::{
                Full,
                Relaxed, //
            },
            Atomic, //
        },
        rcu, //
    }, //
};

/// A slot for one table at a time, protected by RCU.
///
/// Attaching a second table fails with `EBUSY`. Updating a link replaces the table: a caller sees
/// the old or the new one. Calling costs an RCU read lock, a load and a test.
///
/// ```ignore
/// static POLICY: Exclusive<QuotaOps> = Exclusive::new();
///
/// let denied = POLICY.with(|p| p.charge(Some(task), bytes)).unwrap_or(0);
/// ```
///
/// # Invariants
///
/// `holder` is null or points to a table for which the invariants of [`Ops`] hold until an RCU
/// grace period after `holder` has changed.
pub struct Exclusive<T: StructOps> {
    holder: Atomic<*mut Ops<T>>,
}

impl<T: StructOps> Exclusive<T> {
    /// Creates an empty slot.
    pub const fn new() -> Self {
        // INVARIANT: `holder` is null.
        Self {
            holder: Atomic::new(ptr::null_mut()),
        }
    }

    /// Runs `f` on the attached table; returns [`None`] if there is none.
    ///
    /// `f` runs under the RCU read lock and must not sleep: callbacks that are `#[sleepable]` cannot
    /// be called from here.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&Ops<T>) -> R) -> Option<R> {
        let _guard = rcu::read_lock();
        // ORDERING: The dependency on the pointer orders the reads of the table after this load, as
        // in `rcu_dereference()`.
        let holder = self.holder.load(Relaxed);
        // SAFETY: By the type invariants, the table is valid until a grace period after `holder` has
        // changed, and that cannot end before `_guard` is dropped. `f` cannot keep the reference.
        let ops = unsafe { holder.as_ref() }?;
        Some(f(ops))
    }

    /// Is a table attached? The answer may be out of date when it arrives.
    pub fn is_attached(&self) -> bool {
        !self.holder.load(Relaxed).is_null()
    }
}

impl<T: StructOps> Default for Exclusive<T> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: Tables are handed out by `with()` only, under the RCU read lock. Both ways to take one out
// change `holder` first and then wait for a grace period.
unsafe impl<T: StructOps> Slot<T> for Exclusive<T> {
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
                rcu::synchronize_rcu();
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
            rcu::synchronize_rcu();
        }
    }
}
