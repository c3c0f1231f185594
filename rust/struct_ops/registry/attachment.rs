// SPDX-License-Identifier: GPL-2.0

//! The token that a table can be attached with.

use crate::{
    Ops,
    SleepableOps,
    StructOps, //
};
use core::{
    cell::Cell,
    marker::PhantomData,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// How far the attachment of a table has come.
///
/// # Invariants
///
/// `attached` is true exactly if the slot of `T` holds `new` because of this attempt.
pub(crate) struct Attempt<T: StructOps> {
    old: Option<NonNull<Ops<T>>>,
    new: NonNull<Ops<T>>,
    link: *mut bindings::bpf_link,
    attached: Cell<bool>,
}

impl<T: StructOps> Attempt<T> {
    /// Starts to attach `new`, in place of `old` if there is one.
    ///
    /// # Safety
    ///
    /// The invariants of [`Ops`] hold for `new` from now until the slot has let go of it. `old` is a
    /// table that an earlier attempt was allowed to attach. `link` is that of the tables, or null,
    /// and is not freed before the slot has let go of the last of them.
    pub(crate) unsafe fn new(
        old: Option<NonNull<Ops<T>>>,
        new: NonNull<Ops<T>>,
        link: *mut bindings::bpf_link,
    ) -> Self {
        // INVARIANT: Nothing is attached yet.
        Self {
            old,
            new,
            link,
            attached: Cell::new(false),
        }
    }

    /// The permission to carry it out.
    pub(crate) fn attachment(&self) -> Attachment<'_, T> {
        Attachment {
            attempt: self,
            _not_send: PhantomData,
        }
    }

    /// Sees to it that the slot holds what the registry will take to be attached.
    ///
    /// That is the new table on success, if the author has attached it, and never the old one, which
    /// the registry gives back. On error the author's attachment is undone.
    // In `reg` and in `update`, one branch of it is left.
    #[inline(always)]
    pub(crate) fn finish(self, result: Result) -> Result {
        match (result, self.attached.get()) {
            (Ok(()), true) | (Err(_), false) => {}
            (Ok(()), false) => self.old.map_or((), |old| T::slot().detach(old)),
            (Err(_), true) => self.undo(),
        }
        result
    }

    fn undo(&self) {
        let restored = match self.old {
            // SAFETY: The caller of `new()` promised that `old` may be attached, and the registry
            // goes back to it because of the error.
            Some(old) => unsafe { T::slot().replace(self.new, old) }.is_ok(),
            None => false,
        };
        if !restored {
            T::slot().detach(self.new);
        }
    }
}

/// A table that user space wants to attach.
///
/// It dereferences to [`Ops`]: the author may look at the table and call it first. Nothing keeps the
/// table after `reg` or `update` unless [`Attachment::attach`] is called.
///
/// # Examples
///
/// ```
/// #[struct_ops]
/// struct GateOps {
///     /// May be slow; a non-zero value keeps the gate shut.
///     #[sleepable]
///     open: fn() -> i32,
/// }
///
/// impl StructOpsType for GateOps {
///     fn reg(ops: Attachment<'_, Self>) -> Result {
///         if ops.sleepable().open() != 0 {
///             return Err(EACCES);
///         }
///         ops.attach()
///     }
/// }
/// ```
pub struct Attachment<'a, T: StructOps> {
    attempt: &'a Attempt<T>,
    _not_send: PhantomData<*mut T>,
}

impl<T: StructOps> Attachment<'_, T> {
    /// Puts the table into the slot of its type.
    ///
    /// In `update` it takes the place of the old table. It stays until user space detaches or
    /// updates the link; if the caller returns an error, the attempt is undone. The error is that
    /// of the slot, for example `EBUSY` for an [`Exclusive`](crate::Exclusive) that is taken.
    ///
    /// May sleep.
    // As `Attempt::finish()`.
    #[inline(always)]
    pub fn attach(self) -> Result {
        let attempt = self.attempt;
        match attempt.old {
            // SAFETY: By the safety requirements of `Attempt::new()`.
            Some(old) => unsafe { T::slot().replace(old, attempt.new) }?,
            // SAFETY: By the safety requirements of `Attempt::new()`, which also cover the link.
            None => unsafe { T::slot().attach(attempt.new, attempt.link) }?,
        }
        // INVARIANT: The slot has just accepted the table.
        attempt.attached.set(true);
        Ok(())
    }

    /// Has the table a link? Its user can then update it, and it goes when the link does; without one
    /// (`BPF_F_LINK` is not set) it stays until its element is deleted from the map.
    pub fn has_link(&self) -> bool {
        !self.attempt.link.is_null()
    }

    /// The table with the callbacks that are `#[sleepable]`: `reg` and `update` may sleep.
    pub fn sleepable(&self) -> &SleepableOps<T> {
        // INVARIANT: The registry keeps the table during `reg` and `update`, not an RCU reader.
        SleepableOps::from_ref(self)
    }
}

impl<T: StructOps> Deref for Attachment<'_, T> {
    type Target = Ops<T>;

    fn deref(&self) -> &Ops<T> {
        // SAFETY: By the safety requirements of `Attempt::new()`, the table is valid, and the
        // attempt outlives `self`.
        unsafe { self.attempt.new.as_ref() }
    }
}
