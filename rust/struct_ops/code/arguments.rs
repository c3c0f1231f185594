// SPDX-License-Identifier: GPL-2.0

//! What instructions find in the context of a program.

use super::Content;
use crate::Argument;

/// The arguments of a callback: a tuple of them.
///
/// # Examples
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
/// `CONTEXT` has the [`Argument::SLOTS`] of each, in their order.
pub unsafe trait Arguments {
    #[doc(hidden)]
    const CONTEXT: &'static [&'static [Content]];
}

macro_rules! tuples {
    ($($name:ident)*) => {
        // SAFETY: These are all, in their order.
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
