// SPDX-License-Identifier: GPL-2.0

//! Addresses that nobody follows on behalf of a program.

use super::{
    value::read_by_copy,
    Argument,
    CType,
    Const,
    Pass,
    Plain,
    Pointee,
    Spelling,
    Text, //
};
use crate::code::Content;
use core::ptr;
use kernel::prelude::*;

/// An address, which is nothing but a number to the verifier: `Address<T>` is `T *` in C.
///
/// A callback takes it for something that programs only compare, or pass on to a kfunc, which takes
/// a number: it cannot know that a program gives back what it got. In a struct that programs see,
/// they follow a pointer to a struct with a fault handler, and get zeros where there is none.
///
/// | type | in C |
/// |---|---|
/// | `Address<()>` | `void *` |
/// | `Const<Address<Char>>` | `const char *` |
/// | `Address<u32>` | `u32 *` |
/// | `Address<Task>` | `struct task_struct *` |
/// | `Address<Address<Task>>` | `struct task_struct **` |
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = TRACKER)]
/// struct TrackerOps {
///     /// Programs use `memory` as a key.
///     allocated: fn(memory: Address<()>, purpose: Const<Address<Char>>),
/// }
///
/// static TRACKER: Exclusive<TrackerOps> = Exclusive::new();
/// # impl StructOpsType for TrackerOps {}
///
/// fn allocated(memory: &[u8], purpose: &CStr) {
///     let purpose = Const(Address::of(purpose));
///     TRACKER.with(|ops| ops.allocated(Address::of(memory), purpose));
/// }
/// ```
#[repr(transparent)]
pub struct Address<T: Addressed>(*mut T::Raw);

impl<T: Addressed> Clone for Address<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Addressed> Copy for Address<T> {}

// SAFETY: It is a number, which nobody follows.
unsafe impl<T: Addressed> Send for Address<T> {}

// SAFETY: It is a number, which nobody follows.
unsafe impl<T: Addressed> Sync for Address<T> {}

impl<T: Addressed> Address<T> {
    /// No address.
    pub const NULL: Self = Self(ptr::null_mut());

    /// Where `value` is.
    #[inline]
    pub fn of<V: ?Sized>(value: &V) -> Self {
        Self(ptr::from_ref(value).cast_mut().cast())
    }

    /// The address with this number.
    #[inline]
    pub fn at(number: usize) -> Self {
        Self(ptr::without_provenance_mut(number))
    }

    /// The number.
    #[inline]
    pub fn number(self) -> usize {
        self.0.addr()
    }
}

/// C's `char`, which is a type of its own there, and has no sign in the kernel.
///
/// # Examples
///
/// ```
/// fn text(text: &CStr) -> Address<Char> {
///     Address::of(text)
/// }
///
/// #[struct_ops]
/// struct TypistOps {
///     press: fn(key: Char),
/// }
/// # impl StructOpsType for TypistOps {}
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Char(
    /// The number.
    pub u8,
);

// SAFETY: The kernel's `char` has no sign. Any bits are one.
unsafe impl CType for Char {
    const C: Spelling = Spelling::builtin("char ");

    read_by_copy!();
}

// SAFETY: Any bits are one.
unsafe impl Plain for Char {}

// SAFETY: A program gets a number.
unsafe impl Argument for Char {
    type Raw = u8;

    const C: Spelling = <Self as CType>::C;
    const SLOTS: &'static [Content] = &[Content::Scalar];
}

impl Pass for Char {
    #[inline]
    fn into_raw(self) -> u8 {
        self.0
    }
}

/// What an [`Address`] can be that of.
///
/// # Examples
///
/// ```
/// use struct_ops::Addressed;
///
/// fn both<T: Addressed>(one: Address<T>, two: Address<T>) -> bool {
///     one.number() != 0 && two.number() != 0
/// }
///
/// # fn example() -> Result {
/// assert!(both::<()>(Address::of(&1), Address::of(&2)));
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// `C` followed by `*` is how C writes a pointer to a `Raw`, which kCFI hashes.
#[diagnostic::on_unimplemented(
    message = "there are no addresses of `{Self}` in C",
    note = "there are of `()` (`void *`), `Char`, integers, structs of C, and addresses"
)]
pub unsafe trait Addressed: 'static {
    /// What is there.
    #[doc(hidden)]
    type Raw;

    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// Is it a struct?
    #[doc(hidden)]
    const IS_STRUCT: bool = false;
}

/// How C writes a pointer in a struct that programs see.
///
/// From a pointer to a struct that it finds in a struct which it trusts, the verifier makes one that
/// helpers take, and they do not test it (`clear_trusted_flags()` in `check_ptr_to_btf_access()`). From one
/// in a union of several members it makes an untrusted one (`btf_struct_walk()`).
macro_rules! field {
    ($ty:ty) => {
        if T::IS_STRUCT {
            Spelling {
                definition: <$ty as CType>::C.definition,
                before: Text::Parts(&[Text::Str("union { "), <$ty as CType>::C.before]),
                after: Text::Parts(&[<$ty as CType>::C.after, Text::Str("; struct { }; }")]),
            }
        } else {
            <$ty as CType>::C
        }
    };
}

// SAFETY: This is `void *`.
unsafe impl Addressed for () {
    type Raw = c_void;

    const C: Spelling = Spelling::builtin("void ");
}

// SAFETY: The kernel's `char` has no sign.
unsafe impl Addressed for Char {
    type Raw = u8;

    const C: Spelling = <Self as CType>::C;
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(
            // SAFETY: By `CType`.
            unsafe impl Addressed for $ty {
                type Raw = Self;

                const C: Spelling = <Self as CType>::C;
            }
        )*
    };
}
integers!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize);

// SAFETY: By `Pointee`.
unsafe impl<T: Pointee + 'static> Addressed for T {
    type Raw = T::Raw;

    const C: Spelling = Spelling {
        definition: T::DECLARATION,
        before: Text::Parts(&[
            Text::Str("struct "),
            Text::Name(T::PASSED_AS),
            Text::Str(" "),
        ]),
        after: Text::NOTHING,
    };
    const IS_STRUCT: bool = true;
}

// SAFETY: It is a pointer.
unsafe impl<T: Addressed> Addressed for Address<T> {
    type Raw = *mut T::Raw;

    const C: Spelling = <Self as CType>::C;
}

// SAFETY: It is a pointer in C, and any bits are one, for nobody follows it.
unsafe impl<T: Addressed> CType for Address<T> {
    const C: Spelling = Spelling {
        definition: T::C.definition,
        before: Text::Parts(&[T::C.before, Text::Str("*")]),
        after: T::C.after,
    };
    const FIELD: Spelling = field!(Self);
    const SETTABLE: bool = false;

    read_by_copy!();
}

// SAFETY: Any bits are an address.
unsafe impl<T: Addressed> Plain for Address<T> {}

// SAFETY: It is a pointer in C, and any bits are one, for nobody follows it.
unsafe impl<T: Addressed> CType for Const<Address<T>> {
    const C: Spelling = Spelling {
        definition: T::C.definition,
        before: Text::Parts(&[T::C.before, Text::Str("const *")]),
        after: T::C.after,
    };
    const FIELD: Spelling = field!(Self);
    const SETTABLE: bool = false;

    read_by_copy!();
}

// SAFETY: Any bits are an address.
unsafe impl<T: Addressed> Plain for Const<Address<T>> {}

/// What a callback can take the address of: the verifier trusts a pointer to a struct, and takes one to
/// anything else for a number (`btf_ctx_access()`).
///
/// # Safety
///
/// It is no struct or union in C.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "programs would follow a pointer to `{Self}`",
    note = "an address is a number to programs only if it is that of `()`, `Char`, an integer, or an address: take `&{Self}`, or `Address<()>`"
)]
pub unsafe trait Opaque: Addressed {}

macro_rules! opaque {
    ($($ty:ty)*) => {
        $(
            // SAFETY: It is none.
            unsafe impl Opaque for $ty {}
        )*
    };
}
opaque!(() Char u8 i8 u16 i16 u32 i32 u64 i64 usize isize);

// SAFETY: It is a pointer.
unsafe impl<T: Addressed> Opaque for Address<T> {}

// SAFETY: By `Opaque`, it is a number to the verifier.
unsafe impl<T: Opaque> Argument for Address<T> {
    type Raw = *mut T::Raw;

    const C: Spelling = <Self as CType>::C;
    const SLOTS: &'static [Content] = &[Content::Scalar];
}

impl<T: Opaque> Pass for Address<T> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.0
    }
}

// SAFETY: By `Opaque`, it is a number to the verifier.
unsafe impl<T: Opaque> Argument for Const<Address<T>> {
    type Raw = *const T::Raw;

    const C: Spelling = <Self as CType>::C;
    const SLOTS: &'static [Content] = &[Content::Scalar];
}

impl<T: Opaque> Pass for Const<Address<T>> {
    #[inline]
    fn into_raw(self) -> *const T::Raw {
        self.0 .0
    }
}
