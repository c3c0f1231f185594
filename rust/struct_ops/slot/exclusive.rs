// SPDX-License-Identifier: GPL-2.0

//! A slot for one table.

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
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*, //
};

/// A slot for one table at a time.
///
/// Attaching a second table fails with `EBUSY`. Updating a link replaces the table: a caller sees
/// the old or the new one. Calling costs a read lock, a load and a test; the read lock is RCU's, or
/// that of [`Srcu`](crate::Srcu) where programs have to sleep.
///
/// # Examples
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
pub struct Exclusive<T: StructOps, P: Protection<T> = Rcu> {
    pub(crate) place: Place<T, P>,
}

impl<T: StructOps, P: Protection<T>> Exclusive<T, P> {
    /// Creates an empty slot.
    #[expect(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        Self {
            place: Place::new(),
        }
    }

    /// Runs `f` on the attached table; returns [`None`] if there is none.
    ///
    /// `f` runs in a read-side critical section: with RCU it must not sleep, and callbacks that are
    /// `#[sleepable]` cannot be called. It must not detach or eject the table either, which would
    /// wait for `f`.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&P::View) -> R) -> Option<R> {
        self.place.with(f)
    }

    /// Is a table attached? The answer may be out of date when it arrives.
    pub fn is_attached(&self) -> bool {
        !self.place.is_empty()
    }

    /// Takes the table away from user space, for example because what it was for is going.
    ///
    /// When this returns, no call of a table that was attached when it began is running, and none
    /// can start. The link is detached: whoever polls it gets `EPOLLHUP`, and
    /// [`unreg`](crate::StructOpsType::unreg) has returned. Nothing happens if no table is attached,
    /// or if it is being detached or ejected already, but that this waits as well. A table that is
    /// attached meanwhile may stay, or go too.
    ///
    /// For process context; may sleep. The caller must not hold a lock that the `reg`, `update` or
    /// `unreg` of a type takes, and must not run inside [`Exclusive::with`]: both would wait for
    /// each other. In `reg` and `update` the table is taken away, but the link stays until user
    /// space closes it. So does a map without `BPF_F_LINK`, wherever this is called.
    pub fn eject(&self) {
        self.place.eject();
    }
}

// SAFETY: Tables are handed out by the place only, in a read-side critical section. `detach()` and
// `replace()` change the place first and then wait for a grace period. That holds for a table that
// `eject()` has taken out, too: `detach()` waits whether it finds the table or not.
unsafe impl<T: StructOps, P: Protection<T>> Slot<T> for Exclusive<T, P> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, link: *mut bindings::bpf_link) -> Result {
        let writer = Writer::lock();
        if !self.place.is_empty() {
            return Err(EBUSY);
        }
        // SAFETY: By the safety requirements of this function, the table and the link stay until
        // `detach()` or `replace()` has returned. Both take the table out, unless it is out, and
        // wait.
        unsafe { self.place.put(&writer, ops, link) }
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        let writer = Writer::lock();
        if !self.place.holds(old) {
            return Err(ENOENT);
        }
        // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the next
        // `replace()` has returned for it, which take it out and wait.
        unsafe { self.place.exchange(&writer, new) };
        drop(writer);
        P::synchronize();
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let writer = Writer::lock();
        if self.place.holds(ops) {
            self.place.clear(&writer);
        }
        drop(writer);
        P::synchronize();
    }
}
