// SPDX-License-Identifier: GPL-2.0

//! Tables that are kept for longer than a read-side critical section.

use super::protection::Counted;
use crate::{
    Exclusive,
    InOrder,
    Many,
    ObjectSlot,
    Ops,
    SleepableOps,
    StructOps,
    TablesInOrder, //
};
use core::{
    ops::Deref,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::bindings;

/// A counted reference to a table.
///
/// It dereferences to [`SleepableOps`], so its callbacks can be called, and may sleep, for as long as
/// the handle lives: **also when user space has detached the table, or its owner has ejected it**.
/// Detaching does not wait for handles. Who must not call a program any more after a certain event
/// drops the handles before it, or has a flag for that.
///
/// A handle keeps the map, and the map the module. It may be dropped in any context but NMI.
///
/// Wraps `bpf_struct_ops_get()` and `bpf_struct_ops_put()`
/// ([`include/linux/bpf.h`](srctree/include/linux/bpf.h)).
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = STORE)]
/// struct StoreOps {
///     #[sleepable]
///     write_back: fn(block: u64) -> i32,
/// }
///
/// static STORE: Exclusive<StoreOps, Counted> = Exclusive::new();
/// # impl StructOpsType for StoreOps {}
///
/// /// The whole range with the same program, however long that takes.
/// fn write_back(blocks: core::ops::Range<u64>) -> Result {
///     let store = STORE.get().ok_or(ENXIO)?;
///     for block in blocks {
///         kernel::error::to_result(store.write_back(block))?;
///     }
///     Ok(())
/// }
/// #
/// # fn example() -> Result {
/// #     assert_eq!(write_back(0..9), Err(ENXIO));
/// #     Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// `0` points to a table for which the invariants of [`Ops`] hold, and one count of the references to
/// its map belongs to `self`.
pub struct Handle<T: StructOps>(NonNull<Ops<T>>);

// SAFETY: A table may be called and counted on any CPU.
unsafe impl<T: StructOps> Send for Handle<T> {}

// SAFETY: A `&Handle` gives a `&SleepableOps`, which is `Sync`.
unsafe impl<T: StructOps> Sync for Handle<T> {}

impl<T: StructOps> Handle<T> {
    /// Keeps a table that a place with [`Counted`] has handed out.
    #[inline]
    fn count(ops: &Ops<T>) -> Option<Self> {
        // SAFETY: By the type invariants of `Ops`, the table is that of a live map.
        let counted = unsafe { bindings::bpf_struct_ops_get(ptr::from_ref(ops).cast()) };
        // INVARIANT: The map has just been counted, so it stays, and so do its trampolines: it is not
        // given back without a link (see `Counted`). The map's value does not change any more.
        counted.then_some(Self(NonNull::from(ops)))
    }
}

impl<T: StructOps> Exclusive<T, Counted> {
    /// Keeps the attached table; returns [`None`] if there is none.
    ///
    /// Does not sleep. The caller may be in any context in which kernel code may take an RCU read
    /// lock.
    #[inline]
    pub fn get(&self) -> Option<Handle<T>> {
        self.with(Handle::count).flatten()
    }
}

impl<T: StructOps, K: PartialEq + Send + Sync> ObjectSlot<T, K, Counted> {
    /// Keeps the table of the object, as [`Exclusive::get`].
    #[inline]
    pub fn get(&self) -> Option<Handle<T>> {
        self.with(Handle::count).flatten()
    }
}

impl<T: StructOps, const N: usize> Many<T, N, Counted> {
    /// Keeps an attached table that `matches`, as [`Exclusive::get`].
    pub fn get(&self, matches: impl Fn(&Ops<T>) -> bool) -> Option<Handle<T>> {
        self.find(matches, Handle::count).flatten()
    }
}

impl<T: StructOps> InOrder<T, Counted> {
    /// Keeps the first attached table that `matches`, as [`Exclusive::get`].
    pub fn get(&self, matches: impl Fn(&Ops<T>) -> bool) -> Option<Handle<T>> {
        let found = |mut tables: TablesInOrder<'_, T, Counted>| {
            tables.find(|ops| matches(ops)).and_then(Handle::count)
        };
        self.with(found)
    }
}

impl<T: StructOps> Deref for Handle<T> {
    type Target = SleepableOps<T>;

    #[inline]
    fn deref(&self) -> &SleepableOps<T> {
        // SAFETY: By the type invariants.
        let ops = unsafe { self.0.as_ref() };
        // INVARIANT: What keeps the table is a count of references.
        SleepableOps::from_ref(ops)
    }
}

impl<T: StructOps> Drop for Handle<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants, there is a count to give back.
        unsafe { bindings::bpf_struct_ops_put(self.0.as_ptr().cast()) };
    }
}
