// SPDX-License-Identifier: GPL-2.0

//! How the arguments of a callback go to programs.

use super::{
    Address,
    Addressed,
    CStruct,
    CType,
    Pointee,
    Refcounted,
    Spelling,
    Text, //
};
use crate::{
    code::Content,
    Arena,
    BpfCounted,
    Shared, //
};
use core::{
    marker::PhantomData,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{
        aref::{
            ARef,
            AlwaysRefCounted, //
        },
        Arc, //
    }, //
};

/// A type that a callback can take.
///
/// | type | for the program |
/// |---|---|
/// | integers, `bool`, a [`CEnum`](super::CEnum), a [`CStruct`] of up to 16 bytes | a copy |
/// | `&T` with a [`Pointee`] | valid during the call, read-only |
/// | `Option<&T>` | the same, or NULL: the program has to test |
/// | [`Const<&T>`](super::Const), `Const<Option<&T>>` | the same, and `const` in C |
/// | [`&Shared<T>`](Shared) | the same as `&T`, and others may write to it |
/// | `ARef<T>`, `Arc<T>` with a [`Refcounted`] | a reference that it has to release or return |
/// | `&Arc<T>` | valid during the call; a kfunc can count it |
/// | [`Arena<T>`](Arena), `Option<Arena<T>>` | an address in its arena |
/// | [`Address<T>`](super::Address), `Const<Address<T>>` | a number, unless `T` is a struct |
///
/// # Examples
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
/// `Raw` is what C declares by `C`, behind a name that ends in `SUFFIX`; kCFI hashes both alike. The
/// verifier lets programs do with such an argument only what is sound with [`Pass::into_raw`].
/// `SLOTS` has an entry for each 8 bytes that it takes in the context, which says what is there
/// during a call. `OWNED` says whether the program has to release it.
#[diagnostic::on_unimplemented(
    message = "a callback cannot take `{Self}`",
    label = "cannot be passed to a program",
    note = "it takes integers, `bool`, structs with `#[c_struct]`, enums with `#[c_enum]`, `&T` and `Option<&T>` with a struct of C, `Const<&T>`, `&Shared<T>`, `ARef<T>`, `Arc<T>`, `&Arc<T>`, `Arena<T>`, and `Address<()>`"
)]
pub unsafe trait Argument: Sized {
    /// What C takes.
    #[doc(hidden)]
    type Raw;

    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// The end of its name, from which the verifier learns the rules.
    #[doc(hidden)]
    const SUFFIX: &'static str = "";

    /// `#define`s that say how Rust has a struct that it points to.
    #[doc(hidden)]
    const FACTS: Text = Text::NOTHING;

    /// See [`CStruct::OWN_WRITES`] and [`Pointee::WRITES`].
    #[doc(hidden)]
    const WRITES: Text = Text::NOTHING;

    /// The struct that the verifier has to take it for, if C has another in the prototype, or "".
    #[doc(hidden)]
    const PROMOTED: &'static CStr = c"";

    /// What instructions around a program find.
    #[doc(hidden)]
    const SLOTS: &'static [Content];

    /// Is it a reference that the program gets?
    #[doc(hidden)]
    const OWNED: bool = false;
}

/// An [`Argument`] that the module can pass.
///
/// # Examples
///
/// ```
/// use struct_ops::Pass;
///
/// fn raw<A: Pass>(argument: A) -> A::Raw {
///     argument.into_raw()
/// }
///
/// # fn example() -> Result {
/// assert_eq!(raw(7u32), 7);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(message = "the module cannot pass `{Self}` to a program")]
pub trait Pass: Argument {
    /// Makes what C takes. The program has it then, if it is [`Argument::OWNED`].
    #[doc(hidden)]
    fn into_raw(self) -> Self::Raw;
}

macro_rules! scalars {
    ($($ty:ident)*) => {
        $(
            // SAFETY: `CType` says the same of it; a program gets a number.
            unsafe impl Argument for $ty {
                type Raw = Self;

                const C: Spelling = <Self as CType>::C;
                const SLOTS: &'static [Content] = &[Content::Scalar];
            }

            impl Pass for $ty {
                #[inline]
                fn into_raw(self) -> Self {
                    self
                }
            }
        )*
    };
}
scalars!(bool u8 i8 u16 i16 u32 i32 u64 i64 usize isize);

/// How C writes a pointer to a struct: by what it is passed as, or by another of its names.
macro_rules! pointer {
    ($ty:ty) => {
        pointer!($ty, PASSED_AS)
    };
    ($ty:ty, $name:ident) => {
        Spelling {
            definition: <$ty>::DEFINITION,
            before: Text::Parts(&[
                Text::Str("struct "),
                Text::Name(<$ty>::$name),
                Text::Str(" *"),
            ]),
            after: Text::NOTHING,
        }
    };
}
pub(crate) use pointer;

const fn promoted<T: Pointee>() -> &'static CStr {
    if T::PROMOTED {
        T::NAME
    } else {
        c""
    }
}

// SAFETY: By `Pointee`, C has a struct of this name, of which the pointer is a valid one during the
// call. Programs write to fields of a struct of the kernel that its declaration names, and to none
// of one of the module, which has no `WRITES`.
unsafe impl<'a, T: Pointee> Argument for &'a T {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const FACTS: Text = T::BORROWED;
    const WRITES: Text = T::WRITES;
    const PROMOTED: &'static CStr = promoted::<T>();
    const SLOTS: &'static [Content] = &[Content::Memory {
        name: T::NAME,
        writable: false,
    }];
}

impl<'a, T: Pointee> Pass for &'a T {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        ptr::from_ref(self).cast_mut().cast()
    }
}

// SAFETY: As `&T`; the verifier has programs look whether it is NULL because of its name.
unsafe impl<'a, T: Pointee> Argument for Option<&'a T> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const SUFFIX: &'static str = "__nullable";
    const FACTS: Text = T::BORROWED;
    const WRITES: Text = T::WRITES;
    const PROMOTED: &'static CStr = promoted::<T>();
    const SLOTS: &'static [Content] = &[Content::Nothing];
}

impl<'a, T: Pointee> Pass for Option<&'a T> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.map_or(ptr::null_mut(), Pass::into_raw)
    }
}

// SAFETY: By the type invariants of `Shared`, the memory is valid for reads and writes.
unsafe impl<'a, T: CStruct> Argument for &'a Shared<T> {
    type Raw = *mut <T as Pointee>::Raw;

    const C: Spelling = pointer!(T);
    const FACTS: Text = T::SHARED;
    const WRITES: Text = T::OWN_WRITES;
    const SLOTS: &'static [Content] = &[Content::Memory {
        name: T::NAME,
        writable: true,
    }];
}

impl<'a, T: CStruct> Pass for &'a Shared<T> {
    #[inline]
    fn into_raw(self) -> *mut <T as Pointee>::Raw {
        ptr::from_ref(self).cast_mut().cast()
    }
}

// SAFETY: The verifier has programs release or return it because of its name. It is a reference to
// what C calls `struct NAME`, by `Pointee`.
unsafe impl<T: Pointee + AlwaysRefCounted> Argument for ARef<T> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const SUFFIX: &'static str = "__ref";
    const SLOTS: &'static [Content] = &[Content::Nothing];
    const OWNED: bool = true;
}

// Not for each `ARef` that can be declared: whoever calls has to know that the count is the same.
impl<T: BpfCounted> Pass for ARef<T> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        ARef::into_raw(self).as_ptr().cast()
    }
}

// SAFETY: As `ARef`, by `Refcounted`.
unsafe impl<T: Refcounted> Argument for Arc<T> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const SUFFIX: &'static str = "__ref";
    const SLOTS: &'static [Content] = &[Content::Nothing];
    const OWNED: bool = true;
}

impl<T: Refcounted> Pass for Arc<T> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        Arc::into_raw(self).cast_mut().cast()
    }
}

// SAFETY: By `Refcounted`, programs can read what C knows of it. The object is there during the call,
// and a kfunc that counts it finds an `Arc` there.
unsafe impl<'a, T: Refcounted> Argument for &'a Arc<T> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const SLOTS: &'static [Content] = &[Content::Nothing];
}

impl<'a, T: Refcounted> Pass for &'a Arc<T> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        Arc::as_ptr(self).cast_mut().cast()
    }
}

// SAFETY: The verifier takes it for an address in the program's arena because of its name; access to
// any such address is safe.
unsafe impl<T: Addressed> Argument for Arena<T> {
    type Raw = *mut T::Raw;

    const C: Spelling = <Address<T> as CType>::C;
    const SUFFIX: &'static str = "__arena";
    const SLOTS: &'static [Content] = &[Content::Nothing];
}

impl<T: Addressed> Pass for Arena<T> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.as_ptr()
    }
}

// SAFETY: As `Arena`, and NULL.
unsafe impl<T: Addressed> Argument for Option<Arena<T>> {
    type Raw = *mut T::Raw;

    const C: Spelling = <Address<T> as CType>::C;
    const SUFFIX: &'static str = "__arena__nullable";
    const SLOTS: &'static [Content] = &[Content::Nothing];
}

impl<T: Addressed> Pass for Option<Arena<T>> {
    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.map_or(ptr::null_mut(), Arena::as_ptr)
    }
}

/// Checks the [`Argument::SLOTS`] of a callback together, while it is compiled.
#[doc(hidden)]
#[track_caller]
#[inline]
pub const fn check_words(slots: &[&[Content]]) {
    let (mut i, mut words) = (0, 0);
    while i < slots.len() {
        words += slots[i].len();
        i += 1;
    }
    assert!(
        words <= 12,
        "BPF passes at most 12 arguments, and a struct of more than 8 bytes is two"
    );
}

/// A type in a bound that is not looked at before a method with it is called: it depends on `'a`.
///
/// Whoever defines a callback need not be able to call it.
#[doc(hidden)]
pub struct Late<'a, T>(PhantomData<(&'a (), T)>);

/// [`Pass`] and [`Return`](super::Return) of `T`, for `Late<'_, T>`.
#[doc(hidden)]
pub trait LatePass {
    /// The type itself.
    type Type;
    /// What C takes.
    type Raw;

    /// See [`Pass::into_raw`].
    fn into_raw(argument: Self::Type) -> Self::Raw;
}

impl<'a, T: Pass> LatePass for Late<'a, T> {
    type Type = T;
    type Raw = T::Raw;

    #[inline]
    fn into_raw(argument: T) -> T::Raw {
        argument.into_raw()
    }
}
