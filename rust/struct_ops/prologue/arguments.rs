// SPDX-License-Identifier: GPL-2.0

//! What instructions find in the context of a program.

use crate::{
    code::Content,
    Arena,
    CStruct,
    CType,
    Shared, //
};
use kernel::sync::aref::{
    ARef,
    AlwaysRefCounted, //
};

/// The type of an argument of a callback.
///
/// ```
/// use struct_ops::Argument;
///
/// const fn takes<A: Argument>() {}
///
/// const _: () = takes::<u64>();
/// const _: () = takes::<&Task>();
/// ```
///
/// # Safety
///
/// `SLOTS` has an entry for each 8 bytes that the argument takes in the context, which says what is
/// there during a call.
pub unsafe trait Argument {
    #[doc(hidden)]
    const SLOTS: &'static [Content];
}

macro_rules! arguments {
    ($([$($generics:tt)*] $ty:ty: $content:expr, $why:literal;)*) => {
        $(
            #[doc = $why]
            // SAFETY: One place.
            unsafe impl<$($generics)*> Argument for $ty {
                const SLOTS: &'static [Content] = &[$content];
            }
        )*
    };
}

arguments! {
    [] bool: Content::Scalar, "A number.";
    [] u8: Content::Scalar, "A number.";
    [] i8: Content::Scalar, "A number.";
    [] u16: Content::Scalar, "A number.";
    [] i16: Content::Scalar, "A number.";
    [] u32: Content::Scalar, "A number.";
    [] i32: Content::Scalar, "A number.";
    [] u64: Content::Scalar, "A number.";
    [] i64: Content::Scalar, "A number.";
    [] usize: Content::Scalar, "A number.";
    [] isize: Content::Scalar, "A number.";
    [T: CType] &'static T: Content::Memory { name: T::NAME, writable: false },
        "By reference: valid during the call, and immutable.";
    [T: CStruct] &'static Shared<T>: Content::Memory { name: T::NAME, writable: true },
        "Valid during the call, for writes as well.";
    [T] Option<&'static T>: Content::Nothing, "Instructions cannot test for NULL.";
    [T: AlwaysRefCounted] ARef<T>: Content::Nothing,
        "The program may have released it.";
    [T] Arena<T>: Content::Nothing, "An address in the arena of the program.";
    [T] Option<Arena<T>>: Content::Nothing, "An address in the arena of the program.";
}

/// The arguments of a callback: a tuple of them.
///
/// ```
/// use struct_ops::Arguments;
///
/// /// Nothing, before callbacks of any kind.
/// const fn nothing<A: Arguments>() -> Prologue<A> {
///     Prologue::begin().finish()
/// }
///
/// static NOTHING: Prologue<(u64, &Task)> = nothing();
/// ```
///
/// # Safety
///
/// `CONTEXT` has the [`Argument::SLOTS`] of each.
pub unsafe trait Arguments {
    #[doc(hidden)]
    const CONTEXT: &'static [&'static [Content]];
}

macro_rules! tuples {
    ($($name:ident)*) => {
        // SAFETY: These are all.
        unsafe impl<$($name: Argument),*> Arguments for ($($name,)*) {
            const CONTEXT: &'static [&'static [Content]] = &[$($name::SLOTS),*];
        }
    };
}

tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);

/// What a callback returns.
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
/// If `CONTENT` is [`Content::Scalar`], any number will do.
pub unsafe trait Output {
    #[doc(hidden)]
    const CONTENT: Content;
}

macro_rules! outputs {
    ($($ty:ty)*) => {
        $(
            // SAFETY: It is a number.
            unsafe impl Output for $ty {
                const CONTENT: Content = Content::Scalar;
            }
        )*
    };
}
outputs!(u32 i32 u64 i64 usize isize);

// SAFETY: Nothing is returned.
unsafe impl Output for () {
    const CONTENT: Content = Content::Nothing;
}
