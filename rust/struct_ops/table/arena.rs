// SPDX-License-Identifier: GPL-2.0

//! Addresses in the memory that programs share with user space.

use crate::Addressed;

/// An address in an arena, the memory that a program shares with user space.
///
/// A kfunc gets it from the program that calls, and a callback takes it. The module cannot look at
/// what is there: the page need not exist. An address may be kept, and may be given to a program
/// with another arena, which then accesses the same offset of its own.
///
/// C header: [`include/linux/bpf.h`](srctree/include/linux/bpf.h).
///
/// # Examples
///
/// ```
/// #[c_struct]
/// struct Twig {
///     value: u64,
///     next: Address<Twig>,
/// }
///
/// #[struct_ops(slot = WALKER)]
/// struct WalkerOps {
///     /// Visits a twig that the caller has allocated in its arena.
///     visit: fn(twig: Arena<Twig>) -> i32,
/// }
///
/// static WALKER: Exclusive<WalkerOps> = Exclusive::new();
/// # impl StructOpsType for WalkerOps {}
///
/// #[kfunc(syscall)]
/// fn example_walk(twig: Arena<Twig>) -> i32 {
///     WALKER.with(|ops| ops.visit(twig)).unwrap_or(-1)
/// }
/// ```
#[repr(transparent)]
pub struct Arena<T: Addressed>(*mut T::Raw);

impl<T: Addressed> Clone for Arena<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Addressed> Copy for Arena<T> {}

impl<T: Addressed> Arena<T> {
    /// What a program has passed.
    #[inline]
    pub(crate) fn from_ptr(raw: *mut T::Raw) -> Self {
        Self(raw)
    }

    /// What a program gets.
    #[inline]
    pub(crate) fn as_ptr(self) -> *mut T::Raw {
        self.0
    }
}
