// SPDX-License-Identifier: GPL-2.0

//! Tables in order of a priority, in a list that readers walk without a lock.

use super::{
    place::{
        dereference,
        Place,
        Writer, //
    },
    protection::Protection,
};
use crate::{
    Ops,
    StructOps, //
};
use core::{
    iter,
    ptr::{
        self,
        NonNull, //
    }, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        ordering::{
            Relaxed,
            Release, //
        },
        Atomic, //
    }, //
};

/// The lowest priority comes first; of equal ones that which was inserted first.
///
/// # Invariants
///
/// When it is dropped, no reader has any of its nodes, and none can find one.
pub(super) struct List<T: StructOps, P: Protection<T>> {
    pub(super) first: Next<T, P>,
}

/// # Invariants
///
/// Its place has a table, and is never cleared.
pub(super) struct Node<T: StructOps, P: Protection<T>> {
    pub(super) next: Next<T, P>,
    pub(super) priority: i32,
    pub(super) place: Place<T, P>,
}

/// What leads to a node: the beginning of a list, or a node.
///
/// # Invariants
///
/// - It is null or points to a node, made by [`KBox`], that is freed only after it has been taken out of its
///   list *and* a grace period of `P` has passed. That holds for what leads on from a node that has been taken
///   out itself, too: who is still there began to read before that, and so before the next one was taken out.
/// - It is written by a [`Writer`] only, and not after its node has been taken out.
pub(super) struct Next<T: StructOps, P: Protection<T>>(Atomic<*mut Node<T, P>>);

/// A node that has been taken out, and that readers may still have.
///
/// # Invariants
///
/// It was made by [`KBox`], and whoever has this frees it.
#[must_use]
pub(super) struct Removed<T: StructOps, P: Protection<T>>(NonNull<Node<T, P>>);

impl<T: StructOps, P: Protection<T>> Node<T, P> {
    /// A node for a list.
    ///
    /// # Safety
    ///
    /// The place has a table.
    pub(super) unsafe fn new(priority: i32, place: Place<T, P>) -> Self {
        // INVARIANT: The caller promises it.
        Self {
            next: Next::to_nothing(),
            priority,
            place,
        }
    }

    /// The table, for a reader.
    #[inline]
    pub(super) fn table<'a>(&self, guard: &'a P::Guard) -> &'a Ops<T> {
        let table = self.place.read(guard);
        // SAFETY: By the type invariants, there is one.
        unsafe { table.unwrap_unchecked() }
    }
}

impl<T: StructOps, P: Protection<T>> Next<T, P> {
    const fn to_nothing() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// The node, for as long as the reader is protected.
    #[inline]
    pub(super) fn read<'a>(&'a self, _guard: &'a P::Guard) -> Option<&'a Node<T, P>> {
        // SAFETY: By the type invariants, the node is valid until a grace period after it has been taken
        // out, and that cannot end before the guard is dropped.
        unsafe { dereference(&self.0).as_ref() }
    }

    /// The node, for as long as nobody else can take it out.
    pub(super) fn node<'a>(&'a self, _writer: &'a Writer<T>) -> Option<&'a Node<T, P>> {
        // SAFETY: By the type invariants, the node is valid until it has been taken out, which takes the
        // `Writer` that we have.
        unsafe { dereference(&self.0).as_ref() }
    }

    /// Puts a node here, before the one that is here, and returns what leads on from it.
    fn insert<'a>(&'a self, _writer: &'a Writer<T>, node: KBox<Node<T, P>>) -> &'a Self {
        // INVARIANT: It leads where this does. The node is in no list yet.
        node.next.0.store(dereference(&self.0), Relaxed);
        let node = KBox::into_raw(node);
        // INVARIANT: Who takes the node out frees it, or else who drops the list.
        // ORDERING: The node is written before it can be found.
        self.0.store(node, Release);
        // SAFETY: The node is there, and nobody else can take it out.
        unsafe { &(*node).next }
    }

    /// Takes the node out that is here. [`finish`] frees it.
    pub(super) fn remove(&self, writer: &Writer<T>) -> Option<Removed<T, P>> {
        let node = self.node(writer)?;
        // INVARIANT: What comes behind it stays in the list.
        // ORDERING: As in `insert()`, for who does not come over this node.
        self.0.store(dereference(&node.next.0), Release);
        // INVARIANT: It was in a list, and nobody else can take it out.
        Some(Removed(node.into()))
    }
}

impl<T: StructOps, P: Protection<T>> List<T, P> {
    pub(super) const fn new() -> Self {
        // INVARIANT: It has no nodes.
        Self {
            first: Next::to_nothing(),
        }
    }

    /// What leads to the nodes, one after the other, and at last to none.
    fn nexts<'a>(&'a self, writer: &'a Writer<T>) -> impl Iterator<Item = &'a Next<T, P>> {
        iter::successors(Some(&self.first), |next| Some(&next.node(writer)?.next))
    }

    /// What leads to the first node that `matches`.
    pub(super) fn find<'a>(
        &'a self,
        writer: &'a Writer<T>,
        matches: impl Fn(&Node<T, P>) -> bool,
    ) -> Option<&'a Next<T, P>> {
        let mut nexts = self.nexts(writer);
        nexts.find(|next| next.node(writer).is_some_and(&matches))
    }

    /// Puts a node behind those of the same or a lower priority.
    pub(super) fn insert(&self, writer: &Writer<T>, new: KBox<Node<T, P>>) {
        let is_behind = |node: &Node<T, P>| node.priority > new.priority;
        let mut nexts = self.nexts(writer);
        // The last leads to no node, so there is one.
        let next = nexts.find(|next| next.node(writer).is_none_or(is_behind));
        next.unwrap_or(&self.first).insert(writer, new);
    }

    /// A list of the same tables, but for one.
    pub(super) fn copy_without(&self, writer: &Writer<T>, table: NonNull<Ops<T>>) -> Result<Self> {
        let copy = Self::new();
        let mut end = &copy.first;
        for node in self.nexts(writer).map_while(|next| next.node(writer)) {
            if !node.place.holds(table) {
                // SAFETY: By the type invariants, it has a table.
                let node = unsafe { Node::new(node.priority, node.place.copy(writer)) };
                end = end.insert(writer, KBox::new(node, GFP_KERNEL)?);
            }
        }
        Ok(copy)
    }

    /// Exchanges the nodes of two lists. Who drops the other one waits for a grace period first.
    pub(super) fn swap(&self, _writer: &Writer<T>, other: &Self) {
        let nodes = dereference(&self.first.0);
        // INVARIANT: They are freed when they have been taken out of this list.
        // ORDERING: They are written before they can be found.
        self.first.0.store(dereference(&other.first.0), Release);
        // INVARIANT: No reader can find the other list, and its owner waits for those who are in it.
        other.first.0.store(nodes, Relaxed);
    }
}

impl<T: StructOps, P: Protection<T>> Drop for List<T, P> {
    fn drop(&mut self) {
        let mut node = dereference(&self.first.0);
        while !node.is_null() {
            // SAFETY: By the type invariants, it was made by `KBox`, and nobody else has it or can find it.
            let owned = unsafe { KBox::from_raw(node) };
            node = dereference(&owned.next.0);
        }
    }
}

/// Ends a change: waits for the readers of what there was, and frees the node that was taken out.
pub(super) fn finish<T: StructOps, P: Protection<T>>(
    writer: Writer<T>,
    removed: Option<Removed<T, P>>,
) {
    drop(writer);
    P::synchronize();
    if let Some(Removed(node)) = removed {
        // SAFETY: By the type invariants, it was made by `KBox`, and we free it. It was taken out before a
        // grace period that has passed.
        drop(unsafe { KBox::from_raw(node.as_ptr()) });
    }
}
