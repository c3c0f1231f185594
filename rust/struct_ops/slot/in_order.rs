// SPDX-License-Identifier: GPL-2.0

//! A slot for tables that are called one after the other.

use super::{
    list::{
        finish,
        List,
        Next,
        Node, //
    },
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

/// A slot for any number of tables, which are called in order of a priority.
///
/// The priority is a value of the table. The lowest comes first; of equal ones that which was
/// attached first. Updating a link replaces its table: a caller sees the old or the new one, and the
/// new one in the place that its priority gives it.
///
/// Readers walk a list, and neither lock nor allocate. Attaching allocates (`ENOMEM`), and so does an update
/// that changes the priority: it makes the list anew.
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
pub struct InOrder<T: StructOps, P: Protection<T> = Rcu> {
    priority: fn(&T) -> i32,
    list: List<T, P>,
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
    next: &'a Next<T, P>,
    guard: &'a P::Guard,
}

impl<'a, T: StructOps, P: Protection<T>> Iterator for TablesInOrder<'a, T, P> {
    type Item = &'a P::View;

    #[inline]
    fn next(&mut self) -> Option<&'a P::View> {
        let node = self.next.read(self.guard)?;
        self.next = &node.next;
        Some(P::view(node.table(self.guard)))
    }
}

impl<T: StructOps, P: Protection<T>> InOrder<T, P> {
    /// Creates an empty slot. `priority` says where a table stands.
    pub const fn new(priority: fn(&T) -> i32) -> Self {
        Self {
            priority,
            list: List::new(),
        }
    }

    /// Runs `f` on an iterator over the attached tables.
    ///
    /// `f` runs in a read-side critical section, as in [`Exclusive::with`](crate::Exclusive::with).
    /// It may stop early: `try_for_each()`, `find_map()`.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(TablesInOrder<'_, T, P>) -> R) -> R {
        let guard = P::read_lock();
        f(TablesInOrder {
            next: &self.list.first,
            guard: &guard,
        })
    }

    /// Takes each table that `matches` away from user space, one after the other.
    ///
    /// As [`Exclusive::eject`](crate::Exclusive::eject). `matches` must not use a slot of the type.
    pub fn eject(&self, matches: impl Fn(&T) -> bool) {
        loop {
            let writer = Writer::lock();
            let matches =
                |node: &Node<T, P>| node.place.table(&writer).is_some_and(|ops| matches(ops));
            let next = self.list.find(&writer, matches);
            let link = next.and_then(|next| next.node(&writer)?.place.link(&writer));
            let out = next.and_then(|next| next.remove(&writer));
            let found = out.is_some();
            finish(writer, out);
            if let Some(link) = link {
                link.detach();
            }
            if !found {
                return;
            }
        }
    }

    /// What leads to the table.
    fn to<'a>(&'a self, writer: &'a Writer<T>, table: NonNull<Ops<T>>) -> Option<&'a Next<T, P>> {
        self.list.find(writer, |node| node.place.holds(table))
    }
}

// SAFETY: Tables are handed out by the nodes of the list only, in a read-side critical section. `detach()`
// and `replace()` change the list, or the place in its node, and then wait for a grace period. A reader who
// is at a node that has been taken out, or in a list that has been replaced, and finds the table from
// there, has begun before that, so this waits for it as well. It also holds for a table that `eject()` has
// taken out: `detach()` waits whether it finds the table or not. A table is in the list once: a second
// attempt to attach it is refused here, if the registry has let it through.
unsafe impl<T: StructOps, P: Protection<T>> Slot<T> for InOrder<T, P> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, link: *mut bindings::bpf_link) -> Result {
        // SAFETY: By the safety requirements of this function.
        let priority = (self.priority)(unsafe { ops.as_ref() });
        let node = KBox::new_uninit(GFP_KERNEL)?;
        let writer = Writer::lock();
        if self.to(&writer, ops).is_some() {
            return Err(EBUSY);
        }
        let place = Place::new();
        // SAFETY: By the safety requirements of this function, the table and the link stay until
        // `detach()` or `replace()` has returned. Both take the table out, unless it is out, and
        // wait.
        unsafe { place.put(&writer, ops, link)? };
        // SAFETY: It has just been put there.
        let new = unsafe { Node::new(priority, place) };
        self.list.insert(&writer, KBox::write(node, new));
        Ok(())
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        // SAFETY: By the safety requirements of this function.
        let priority = (self.priority)(unsafe { new.as_ref() });
        let writer = Writer::lock();
        if new != old && self.to(&writer, new).is_some() {
            return Err(EBUSY);
        }
        let next = self.to(&writer, old);
        let node = next.and_then(|next| next.node(&writer)).ok_or(ENOENT)?;
        if node.priority == priority {
            // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the
            // next `replace()` has returned for it, which take it out and wait.
            unsafe { node.place.exchange(&writer, new) };
            finish::<T, P>(writer, None);
            return Ok(());
        }
        // SAFETY: By the type invariants of `Node`, it has a table.
        let moved = unsafe { Node::new(priority, node.place.copy(&writer)) };
        // SAFETY: By the safety requirements of this function, `new` stays until `detach()` or the next
        // `replace()` has returned for it, which take it out and wait.
        unsafe { moved.place.exchange(&writer, new) };
        let list = self.list.copy_without(&writer, old)?;
        list.insert(&writer, KBox::new(moved, GFP_KERNEL)?);
        self.list.swap(&writer, &list);
        finish::<T, P>(writer, None);
        // It is the old one now.
        drop(list);
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let writer = Writer::lock();
        let out = self.to(&writer, ops).and_then(|next| next.remove(&writer));
        finish(writer, out);
    }
}
