// SPDX-License-Identifier: GPL-2.0

//! Where attached tables are held, and how they are called.
//!
//! | slot | holds | finds |
//! |---|---|---|
//! | [`Exclusive`] | one table | it |
//! | [`Many`] | several, in no order, unique or not | all, or one that matches |
//! | [`InOrder`] | any number, in an order | all, one after the other |
//! | [`PerObject`] | one in each of many objects | by the object |
//! | [`CRegistrar`] | those that a registry in C keeps | nothing: C code calls them |
//!
//! Each but the last is made of [`Place`](place::Place)s, and protected by a [`Protection`]: RCU, SRCU, or RCU and a
//! counted [`Handle`].

mod c_registry;
mod exclusive;
mod handle;
mod in_order;
mod list;
mod many;
mod per_object;
mod place;
mod protection;

#[cfg(CONFIG_INET)]
pub use c_registry::TcpCongestion;
pub use c_registry::{
    CRegistrar,
    CRegistry, //
};
pub use exclusive::Exclusive;
pub use handle::Handle;
pub use in_order::{
    InOrder,
    TablesInOrder, //
};
pub use many::Many;
pub use per_object::{
    ObjectSlot,
    PerObject, //
};
pub use protection::{
    Counted,
    Protection,
    Rcu,
    RcuGuard,
    SleepableStructOps,
    Srcu,
    SrcuGuard, //
};

use crate::{
    Ops,
    StructOps, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*, //
};

/// Holds the tables of a type while they are attached.
///
/// A type names its slot in `#[struct_ops(slot = …)]`; a type without a slot has `()`, which holds
/// nothing. The registry's callbacks drive the slot, so an author cannot forget to.
///
/// All methods run in process context and may sleep. They may run at the same time, for one table as
/// well.
///
/// # Examples
///
/// ```
/// use struct_ops::StructOps;
///
/// #[struct_ops(slot = SIEVE)]
/// struct SieveOps {
///     keep: fn(number: u32) -> i32,
/// }
///
/// # impl StructOpsType for SieveOps {}
/// static SIEVE: Many<SieveOps, 8> = Many::new();
///
/// # fn example() -> Result {
/// let slot: &'static dyn struct_ops::Slot<SieveOps> = SieveOps::slot();
/// assert!(core::ptr::addr_eq(slot, &SIEVE));
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// When [`Slot::detach`] returns, and when [`Slot::replace`] has returned success for `old`, no
/// reference to the table that the slot handed out exists, and the slot hands out no more. That
/// includes a table that somebody else is taking out at the same time. Nor does the slot use the
/// link of a table any more when [`Slot::detach`] has returned.
pub unsafe trait Slot<T: StructOps>: Sync {
    /// Starts to hand out `ops`.
    ///
    /// # Safety
    ///
    /// The invariants of [`Ops`] hold for `ops` until [`Slot::detach`] or [`Slot::replace`] has
    /// returned for it. `link` is that of the table, or null if it has none, and is not freed before
    /// [`Slot::detach`] has returned for the last table of the link.
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, link: *mut bindings::bpf_link) -> Result;

    /// Hands out `new` instead of `old`: a caller sees one or the other. On error nothing changes.
    ///
    /// # Safety
    ///
    /// The invariants of [`Ops`] hold for `new` until [`Slot::detach`] or the next [`Slot::replace`] has
    /// returned for it. It has the link of `old`.
    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result;

    /// Stops handing out `ops`, if the slot does, and waits for its users.
    fn detach(&self, ops: NonNull<Ops<T>>);
}

// SAFETY: It holds and hands out nothing.
unsafe impl<T: StructOps> Slot<T> for () {
    unsafe fn attach(&self, _ops: NonNull<Ops<T>>, _link: *mut bindings::bpf_link) -> Result {
        Ok(())
    }

    unsafe fn replace(&self, _old: NonNull<Ops<T>>, _new: NonNull<Ops<T>>) -> Result {
        // What the kernel returns for a type without `update`.
        Err(EOPNOTSUPP)
    }

    fn detach(&self, _ops: NonNull<Ops<T>>) {}
}
