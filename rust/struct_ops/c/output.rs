// SPDX-License-Identifier: GPL-2.0

//! What callbacks return.

use super::{
    argument::{
        pointer,
        Late, //
    },
    CType,
    Pointee,
    Refcounted,
    Spelling,
    Text, //
};
use crate::{
    code::Content,
    BpfCounted, //
};
use core::ptr::NonNull;
use kernel::{
    sync::{
        aref::{
            ARef,
            AlwaysRefCounted, //
        },
        Arc, //
    }, //
};

/// A type that a callback can return.
///
/// Nothing, a 32- or 64-bit integer, a `bool`, `Option<E>` with a [`CEnum`](super::CEnum) (`None` for a
/// number that it does not have), `Option<ARef<T>>` or `Option<Arc<T>>`: a reference that the program gives
/// up, or NULL. A program may leave any 64 bits behind. The upper bits of a 32-bit value
/// are ignored by everybody who gets it; those of a smaller one are not, for on x86 the compiler
/// trusts them. So for a `bool` there are instructions after each program: any 32 bits but 0 become 1.
///
/// # Examples
///
/// ```
/// use struct_ops::Output;
///
/// /// Nothing, after callbacks of any kind.
/// const fn nothing<R: Output>() -> Epilogue<(), R> {
///     Epilogue::begin().finish()
/// }
///
/// static NOTHING: Epilogue<(), i64> = nothing();
/// ```
///
/// # Safety
///
/// `Raw` is what C declares by `C`, and `return STUB;` is a statement of a C function that returns it.
/// If `CONTENT` is [`Content::Scalar`], any number will do, or 0 and 1 if `IS_BOOL`. `OWNED` says whether
/// it is a reference.
#[diagnostic::on_unimplemented(
    message = "a callback cannot return `{Self}`",
    label = "cannot be returned by a program",
    note = "it returns a 32- or 64-bit integer (a program may leave any bits in a smaller one), `bool`, `Option<E>` with an enum that has `#[c_enum]`, `Option<ARef<T>>`, `Option<Arc<T>>`, or nothing"
)]
pub unsafe trait Output: Sized {
    /// What C returns.
    #[doc(hidden)]
    type Raw;

    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// What the stub returns.
    #[doc(hidden)]
    const STUB: &'static str;

    /// What instructions after a program find in `R0`.
    #[doc(hidden)]
    const CONTENT: Content;

    /// Is it a reference that the program gives up?
    #[doc(hidden)]
    const OWNED: bool = false;

    /// Do instructions after the program have to make 0 or 1 of what it has left?
    #[doc(hidden)]
    const IS_BOOL: bool = false;
}

/// An [`Output`] that the module can take.
///
/// # Examples
///
/// ```
/// use struct_ops::Return;
///
/// const fn is_taken<R: Return>() {}
///
/// const _: () = is_taken::<Option<ARef<kernel::fs::File>>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "the module cannot take `{Self}` from a program",
    label = "an object of the kernel may count in another way than `ARef` does, as a task does"
)]
pub trait Return: Output {
    /// Takes what C returns.
    ///
    /// # Safety
    ///
    /// `raw` is what a program for a callback with this type has just returned.
    #[doc(hidden)]
    unsafe fn from_raw(raw: Self::Raw) -> Self;
}

// SAFETY: Nothing is returned.
unsafe impl Output for () {
    type Raw = ();

    const C: Spelling = Spelling::builtin("void ");
    const STUB: &'static str = "";
    const CONTENT: Content = Content::Nothing;
}

impl Return for () {
    #[inline]
    unsafe fn from_raw((): ()) {}
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(
            // SAFETY: It is a number, of which all bits that the program has left count.
            unsafe impl Output for $ty {
                type Raw = Self;

                const C: Spelling = <Self as CType>::C;
                const STUB: &'static str = "0";
                const CONTENT: Content = Content::Scalar;
            }

            impl Return for $ty {
                #[inline]
                unsafe fn from_raw(raw: Self) -> Self {
                    raw
                }
            }
        )*
    };
}
integers!(u32 i32 u64 i64 usize isize);

// SAFETY: C's `bool` is one byte, which is 0 or 1 after the instructions for it.
unsafe impl Output for bool {
    type Raw = u8;

    const C: Spelling = <Self as CType>::C;
    const STUB: &'static str = "false";
    const CONTENT: Content = Content::Scalar;
    const IS_BOOL: bool = true;
}

impl Return for bool {
    #[inline]
    unsafe fn from_raw(raw: u8) -> Self {
        raw != 0
    }
}

// SAFETY: The verifier accepts NULL, or a reference to what C calls `struct NAME`, by `Pointee`.
unsafe impl<T: Pointee + AlwaysRefCounted> Output for Option<ARef<T>> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const STUB: &'static str = "NULL";
    const CONTENT: Content = Content::Nothing;
    const OWNED: bool = true;
}

impl<T: BpfCounted> Return for Option<ARef<T>> {
    #[inline]
    unsafe fn from_raw(raw: *mut T::Raw) -> Self {
        NonNull::new(raw).map(|raw| {
            // SAFETY: The verifier accepts only NULL or a reference that the program owns and gives up by
            // returning it. By `BpfCounted`, programs count it as `ARef` does.
            unsafe { ARef::from_raw(raw.cast()) }
        })
    }
}

// SAFETY: The verifier accepts NULL, or a reference to what C calls `struct NAME`, by `Refcounted`.
unsafe impl<T: Refcounted> Output for Option<Arc<T>> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const STUB: &'static str = "NULL";
    const CONTENT: Content = Content::Nothing;
    const OWNED: bool = true;
}

impl<T: Refcounted> Return for Option<Arc<T>> {
    #[inline]
    unsafe fn from_raw(raw: *mut T::Raw) -> Self {
        NonNull::new(raw).map(|raw| {
            // SAFETY: The verifier accepts only NULL or a reference that the program owns and gives up by
            // returning it. Programs get references to a `T` only from an `Arc`.
            unsafe { Arc::from_raw(raw.as_ptr().cast_const().cast()) }
        })
    }
}

/// [`Return`] of `T`, for `Late<'_, T>`.
#[doc(hidden)]
pub trait LateReturn {
    /// The type itself.
    type Type;
    /// What C returns.
    type Raw;

    /// See [`Return::from_raw`].
    ///
    /// # Safety
    ///
    /// That of [`Return::from_raw`].
    unsafe fn from_raw(raw: Self::Raw) -> Self::Type;
}

impl<'a, T: Return> LateReturn for Late<'a, T> {
    type Type = T;
    type Raw = T::Raw;

    #[inline]
    unsafe fn from_raw(raw: T::Raw) -> T {
        // SAFETY: By the safety requirements of this function.
        unsafe { T::from_raw(raw) }
    }
}
