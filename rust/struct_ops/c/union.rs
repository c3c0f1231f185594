// SPDX-License-Identifier: GPL-2.0

//! Unions that C and programs see as well.

use super::Plain;
use core::{
    mem::MaybeUninit,
    ptr, //
};

/// What is in a type with [`#[c_union]`](macro@crate::c_union).
///
/// # Invariants
///
/// All bytes of all members of `U` are there, whichever was written last.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Union<U: Copy>(U);

impl<U: Copy> Union<U> {
    /// Makes one with a value; the other bytes are 0.
    ///
    /// # Safety
    ///
    /// `U` is a union, all its members are [`Plain`], and one is a `V`.
    pub const unsafe fn new<V: Plain + Copy>(value: V) -> Self {
        let mut bytes = MaybeUninit::<U>::zeroed();
        // SAFETY: A `V` fits in there, as the caller promises, and is aligned.
        unsafe { bytes.as_mut_ptr().cast::<V>().write(value) };
        // SAFETY: Any bytes are a value of each member, and there are no others than these.
        // INVARIANT: Those that are not of `value` are 0.
        Self(unsafe { bytes.assume_init() })
    }

    /// Reads it as a `V`.
    ///
    /// # Safety
    ///
    /// As for [`Union::new`].
    pub const unsafe fn get<V: Plain + Copy>(&self) -> V {
        // SAFETY: The caller promises that a `V` is there. By the type invariants, so are its bytes, and
        // any are one.
        unsafe { ptr::from_ref(&self.0).cast::<V>().read() }
    }
}
