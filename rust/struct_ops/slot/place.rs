// SPDX-License-Identifier: GPL-2.0

//! What slots are made of: places for a table, a lock for those who change them, and links.

use super::protection::Protection;
use crate::{
    Ops,
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
    bindings,
    error::from_err_ptr,
    prelude::*,
    sync::{
        atomic::{
            ordering::{
                Relaxed,
                Release, //
            },
            Atomic, //
        },
        Mutex,
        MutexGuard, //
    }, //
};

/// The right to change the places of slots of type `T`, until it is dropped.
///
/// It is held for the change alone: never during a callback, nor while somebody waits for readers or
/// for a link. So it can be taken with any lock of the registry held. (A [`CRegistry`](crate::CRegistry)
/// holds it while C code waits for readers of RCU, who take no mutex.)
///
/// # Invariants
///
/// This thread holds `T::mutex()`.
pub(crate) struct Writer<T: StructOps> {
    _guard: MutexGuard<'static, ()>,
    _type: PhantomData<T>,
}

impl<T: StructOps> Writer<T> {
    /// Waits for the other writers.
    pub(crate) fn lock() -> Self {
        // SAFETY: By the safety requirements of `StructOps`, this is an initialised mutex that lives as
        // long as the module.
        let mutex: &'static Mutex<()> = unsafe { Mutex::from_raw(T::mutex()) };
        // INVARIANT: It has just been locked.
        Self {
            _guard: lock(mutex),
            _type: PhantomData,
        }
    }
}

/// Locks a mutex. It is there once for all types.
#[inline(never)]
fn lock(mutex: &'static Mutex<()>) -> MutexGuard<'static, ()> {
    mutex.lock()
}

/// Reads a pointer that a [`Writer`] may change at the same time: `rcu_dereference()`.
///
/// What it points to is read after this. In the kernel's memory model that follows from the address
/// dependency on a load by `READ_ONCE()`, which a volatile read is (`rust/kernel/sync/atomic/ordering.rs`:
/// [`Relaxed`] is `READ_ONCE()`, too). The store is a release.
///
/// `Atomic::load()` calls a helper, which makes a call through a slot dearer than the same in C (by `make
/// bench`, 1.007 of it instead of 0.979).
#[inline]
pub(super) fn dereference<T>(pointer: &Atomic<*mut T>) -> *mut T {
    // SAFETY: The pointer to an atomic is valid, and a volatile read of it may race with atomic writes.
    unsafe { pointer.as_ptr().read_volatile() }
}

/// A reference to a link.
///
/// # Invariants
///
/// It points to a `struct bpf_link`, and one count of its references belongs to `self`.
pub(crate) struct Link(NonNull<bindings::bpf_link>);

impl Link {
    /// Takes a reference. There is none to take if the link is being freed.
    ///
    /// # Safety
    ///
    /// `link` points to a `struct bpf_link` that is not freed during the call.
    #[inline]
    unsafe fn get(link: NonNull<bindings::bpf_link>) -> Option<Self> {
        // SAFETY: By the safety requirements of this function.
        let link = unsafe { bindings::bpf_link_inc_not_zero(link.as_ptr()) };
        // INVARIANT: The reference has just been counted.
        Some(Self(NonNull::new(from_err_ptr(link).ok()?)?))
    }

    /// Detaches the link as user space can, and waits until `unreg` has returned.
    ///
    /// Does nothing if it is detached, and in `reg` and `update`, where the registry refuses it.
    /// May sleep.
    #[inline]
    pub(crate) fn detach(self) {
        // SAFETY: By the type invariants, the link is valid.
        let ops = unsafe { (*self.0.as_ptr()).ops };
        // SAFETY: A link has operations, which are static.
        if let Some(detach) = unsafe { (*ops).detach } {
            // SAFETY: The link is valid. The caller may sleep.
            unsafe { detach(self.0.as_ptr()) };
        }
    }
}

impl Drop for Link {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants, there is a reference to give back.
        unsafe { bindings::bpf_link_put(self.0.as_ptr()) };
    }
}

/// A place for a table, whose readers are protected by `P`.
///
/// A table is taken out when the place is cleared or gets another, and when nobody can find the place any more.
///
/// # Invariants
///
/// - `table` is null or points to a table for which the invariants of [`Ops`] hold, from then until
///   it has been taken out *and* a grace period of `P` has passed.
/// - `link` is null or points to the link of that table, a `struct bpf_link` that is not freed
///   before it has been taken out.
/// - Both are written, and `link` is read, by a [`Writer`] only.
pub(crate) struct Place<T: StructOps, P: Protection<T>> {
    table: Atomic<*mut Ops<T>>,
    link: Atomic<*mut bindings::bpf_link>,
    // It hands out references to tables, and owns neither them nor a `P`.
    _protection: PhantomData<fn() -> P>,
}

impl<T: StructOps, P: Protection<T>> Place<T, P> {
    /// Creates an empty place.
    pub(crate) const fn new() -> Self {
        // INVARIANT: Both are null.
        Self {
            table: Atomic::new(ptr::null_mut()),
            link: Atomic::new(ptr::null_mut()),
            _protection: PhantomData,
        }
    }

    /// Is there no table here?
    pub(crate) fn is_empty(&self) -> bool {
        dereference(&self.table).is_null()
    }

    /// Is `table` here?
    pub(crate) fn holds(&self, table: NonNull<Ops<T>>) -> bool {
        ptr::eq(dereference(&self.table), table.as_ptr())
    }

    /// The table, for as long as the reader is protected.
    #[inline]
    pub(crate) fn read<'a>(&self, _guard: &'a P::Guard) -> Option<&'a Ops<T>> {
        let table = dereference(&self.table);
        // SAFETY: By the type invariants, the table is valid until a grace period after it has been
        // taken out, and that cannot end before the guard is dropped.
        unsafe { table.as_ref() }
    }

    /// Runs `f` on the table.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&P::View) -> R) -> Option<R> {
        let guard = P::read_lock();
        // Two ways out, each with its unlock: the caller's `unwrap_or()` then costs nothing.
        match self.read(&guard) {
            Some(ops) => {
                let result = f(P::view(ops));
                drop(guard);
                Some(result)
            }
            None => {
                drop(guard);
                None
            }
        }
    }

    /// The table, for as long as nobody else can take it out.
    pub(crate) fn table<'a>(&self, _writer: &'a Writer<T>) -> Option<&'a Ops<T>> {
        // SAFETY: By the type invariants, the table is valid until it has been taken out and a grace
        // period has passed. Whoever waits for that has to see that it is out, which takes the
        // `Writer` that we have.
        unsafe { dereference(&self.table).as_ref() }
    }

    /// Puts a table here, in the place of another if there is one.
    ///
    /// Fails with `EOPNOTSUPP` if `P` needs a link and there is none.
    ///
    /// # Safety
    ///
    /// The invariants of [`Ops`] hold for `table` until it has been taken out and a grace period of
    /// `P` has passed. `link` is null or the link of the table, and is not freed before it has been
    /// taken out.
    pub(crate) unsafe fn put(
        &self,
        _writer: &Writer<T>,
        table: NonNull<Ops<T>>,
        link: *mut bindings::bpf_link,
    ) -> Result {
        if P::NEEDS_LINK && link.is_null() {
            pr_warn!("{}: the map has to have BPF_F_LINK\n", T::NAME);
            return Err(EOPNOTSUPP);
        }
        // INVARIANT: The caller promises both.
        self.link.store(link, Relaxed);
        // ORDERING: The table is written before it can be found.
        self.table.store(table.as_ptr(), Release);
        Ok(())
    }

    /// Puts another table of the same link here.
    ///
    /// # Safety
    ///
    /// The invariants of [`Ops`] hold for `table` as in [`Place::put`].
    pub(crate) unsafe fn exchange(&self, _writer: &Writer<T>, table: NonNull<Ops<T>>) {
        // INVARIANT: The caller promises it, and the link stays what it is.
        // ORDERING: The table is written before it can be found.
        self.table.store(table.as_ptr(), Release);
    }

    /// A place with the same table, or none.
    pub(crate) fn copy(&self, _writer: &Writer<T>) -> Self {
        // INVARIANT: Both are what they are here, and nobody else changes that now.
        Self {
            table: Atomic::new(dereference(&self.table)),
            link: Atomic::new(dereference(&self.link)),
            _protection: PhantomData,
        }
    }

    /// Takes the table out. The caller waits for a grace period afterwards.
    pub(crate) fn clear(&self, _writer: &Writer<T>) {
        // INVARIANT: Both become null.
        self.table.store(ptr::null_mut(), Relaxed);
        self.link.store(ptr::null_mut(), Relaxed);
    }

    /// The link, if there is one and it is not going already.
    pub(crate) fn link(&self, _writer: &Writer<T>) -> Option<Link> {
        let link = NonNull::new(dereference(&self.link))?;
        // SAFETY: By the type invariants, the link is not freed while it is here, and nobody else can take
        // it out.
        unsafe { Link::get(link) }
    }

    /// Takes the table out, for its owner. The caller waits for a grace period afterwards, and then
    /// detaches the link.
    pub(crate) fn take(&self, writer: &Writer<T>) -> Option<Link> {
        let link = self.link(writer);
        self.clear(writer);
        link
    }

    /// Takes the table out, waits for its readers, and detaches its link.
    pub(crate) fn eject(&self) {
        let link = self.take(&Writer::lock());
        P::synchronize();
        if let Some(link) = link {
            link.detach();
        }
    }
}
