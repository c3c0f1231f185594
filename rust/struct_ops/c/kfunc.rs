// SPDX-License-Identifier: GPL-2.0

//! What kfuncs take from programs.

use super::{
    argument::{
        integer_pointer,
        pointer, //
    },
    CStruct,
    CType,
    Pointee,
    Refcounted,
    Spelling,
    Text,
    Trusted, //
};
use crate::{
    Arena,
    Caller,
    Integer,
    Shared,
    SharedBytes, //
};
use core::mem::ManuallyDrop;
use kernel::{
    bindings,
    sync::Arc, //
};

/// What a [`KfuncArgument`] is to the rules of a whole kfunc.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing special.
    Plain,
    /// Memory, and how long it is: two arguments.
    Bytes,
    /// An object that the program keeps.
    Counted,
    /// An object that the program gives up.
    Released,
    /// The program itself, which the verifier passes.
    Caller,
}

impl Role {
    /// The flag that the verifier knows such a kfunc by.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Plain | Self::Bytes | Self::Counted => "",
            Self::Released => " | KF_RELEASE",
            Self::Caller => " | KF_IMPLICIT_ARGS",
        }
    }

    /// Is it [`Role::Bytes`]?
    pub const fn is_bytes(self) -> bool {
        matches!(self, Self::Bytes)
    }

    /// Checks the arguments of a kfunc together, while it is compiled.
    #[track_caller]
    pub const fn check(roles: &[Self], acquires: bool) {
        let (mut i, mut words) = (0, roles.len());
        while i < roles.len() {
            match roles[i] {
                Self::Plain => {}
                Self::Bytes => words += 1,
                // If both were the same object, it might be gone.
                Self::Counted => assert!(
                    !matches!(roles[0], Self::Released),
                    "a kfunc that releases an object takes no other: both could be the same"
                ),
                // The verifier takes a reference from the program there, and nowhere else.
                Self::Released => {
                    assert!(i == 0, "what a kfunc releases is its first argument");
                    assert!(!acquires, "a kfunc that releases an object returns none");
                }
                Self::Caller => assert!(
                    i + 1 == roles.len(),
                    "the caller is the last argument: the verifier adds it to those of the program"
                ),
            }
            i += 1;
        }
        assert!(
            words <= 5,
            "a kfunc has at most 5 arguments, and `&SharedBytes` is two"
        );
    }
}

/// A type that a kfunc can take.
///
/// | type | from the program |
/// |---|---|
/// | a 32- or 64-bit integer | a number |
/// | [`&Shared<T>`](Shared) | memory of that size |
/// | [`&SharedBytes`](SharedBytes) | memory, and its size |
/// | `&T`, `Option<&T>` with a [`Trusted`] | what a callback or the kernel gave it |
/// | `&Arc<T>` with a [`Refcounted`] | an object to which it has a reference |
/// | `Arc<T>`, only as the first argument | the same; it gives the reference up |
/// | [`Arena<T>`](Arena), `Option<Arena<T>>` | an address in its arena |
/// | [`&Caller`](Caller), only as the last argument | nothing: the verifier passes it |
///
/// # Examples
///
/// ```
/// use struct_ops::KfuncArgument;
///
/// const fn takes<A: KfuncArgument<'static>>() {}
///
/// const _: () = takes::<u64>();
/// const _: () = takes::<&Caller>();
/// ```
///
/// # Safety
///
/// `Raw` is what C declares by `C`, behind a name that ends in `SUFFIX`; kCFI hashes both alike. The
/// verifier accepts from programs only what [`KfuncArgument::hold`] may be called with.
#[diagnostic::on_unimplemented(
    message = "a kfunc cannot take `{Self}`",
    label = "cannot be taken from a program",
    note = "it takes 32- and 64-bit integers (a program may leave any bits in a smaller one), `&Shared<T>`, `&SharedBytes`, `&T` with a struct of the kernel or one with `#[c_struct(opaque)]`, `&Arc<T>`, `Arc<T>` (released), `Arena<u64>`, and `&Caller`"
)]
pub unsafe trait KfuncArgument<'a>: Sized {
    /// What C passes.
    #[doc(hidden)]
    type Raw;

    /// What is there during the call.
    #[doc(hidden)]
    type Held;

    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// The end of its name, from which the verifier learns the rules.
    #[doc(hidden)]
    const SUFFIX: &'static str = "";

    /// A `#define` that says that programs may have it written to.
    #[doc(hidden)]
    const FACTS: Text = Text::NOTHING;

    /// What it is to the rules of the whole kfunc.
    #[doc(hidden)]
    const ROLE: Role = Role::Plain;

    /// Takes what C passes; [`None`] if the kfunc must not be called with it.
    ///
    /// # Safety
    ///
    /// The verifier has accepted `raw` from the program that calls, for an argument of this type. What
    /// it points to is used only until the call ends.
    #[doc(hidden)]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held>;

    /// Makes the argument, which cannot outlive what is held.
    #[doc(hidden)]
    fn lend(held: &'a mut Option<Self::Held>) -> Self;
}

/// The value in `held`. [`KfuncArgument::lend`] is called once, for what was held.
macro_rules! taken {
    ($held:ident) => {
        match $held.take() {
            Some(held) => held,
            None => unreachable!(),
        }
    };
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(
            // SAFETY: A program may pass any number, and all of its bits count.
            unsafe impl<'a> KfuncArgument<'a> for $ty {
                type Raw = Self;
                type Held = Self;

                const C: Spelling = <Self as CType>::C;

                #[inline]
                unsafe fn hold(raw: Self) -> Option<Self> {
                    Some(raw)
                }

                #[inline]
                fn lend(held: &'a mut Option<Self>) -> Self {
                    taken!(held)
                }
            }
        )*
    };
}
integers!(u32 i32 u64 i64 usize isize);

// SAFETY: The verifier accepts only memory of this size, or an object of this type, and NULL for no
// argument that is not called `__nullable`. Nobody has a `&T` or `&mut T` of it: the C unit does not
// compile if a struct is both `BORROWED` and `WRITTEN`.
unsafe impl<'a, T: CStruct> KfuncArgument<'a> for &'a Shared<T> {
    type Raw = *mut <T as Pointee>::Raw;
    type Held = *mut <T as Pointee>::Raw;

    const C: Spelling = pointer!(T);
    const FACTS: Text = T::WRITTEN;

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        // A program need not align it.
        raw.cast::<T>().is_aligned().then_some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        let raw = taken!(held);
        // SAFETY: The caller of `hold()` has promised that the verifier has accepted it, and it is
        // aligned. It is there during the call, which `held` does not outlive.
        unsafe { Shared::from_raw(raw) }
    }
}

/// What the C unit makes of memory and its size.
#[doc(hidden)]
#[repr(C)]
pub struct Bytes {
    data: *mut u8,
    size: u64,
}

// SAFETY: The verifier accepts only as much memory as the size says, which is the argument behind it with
// the same name and `__sz`. Nobody has a `&T` or `&mut T` of it.
unsafe impl<'a> KfuncArgument<'a> for &'a SharedBytes {
    type Raw = Bytes;
    type Held = Bytes;

    const C: Spelling = Spelling::builtin("void *");
    const ROLE: Role = Role::Bytes;

    #[inline]
    unsafe fn hold(raw: Bytes) -> Option<Bytes> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Bytes>) -> Self {
        let Bytes { data, size } = taken!(held);
        // SAFETY: The caller of `hold()` has promised that the verifier has accepted it. It is there
        // during the call, which `held` does not outlive.
        unsafe { SharedBytes::from_raw(data, size as usize) }
    }
}

/// How C writes a pointer to a struct that a kfunc takes: what it is, not what it is passed as elsewhere.
macro_rules! trusted {
    ($ty:ty) => {
        Spelling {
            definition: <$ty>::DEFINITION,
            before: Text::Parts(&[
                Text::Str("struct "),
                Text::Name(<$ty>::NAME),
                Text::Str(" *"),
            ]),
            after: Text::NOTHING,
        }
    };
}

// SAFETY: The verifier accepts only pointers to this struct that it trusts, and NULL for no argument that
// is not called `__nullable`.
unsafe impl<'a, T: Trusted> KfuncArgument<'a> for &'a T {
    type Raw = *mut T::Raw;
    type Held = *mut T::Raw;

    const C: Spelling = trusted!(T);

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        // SAFETY: The caller of `hold()` has promised that the verifier has accepted it. By `Trusted`, it
        // points to a `T` during the call, which `held` does not outlive.
        unsafe { &*taken!(held).cast_const().cast() }
    }
}

// SAFETY: As `&T`, and NULL because of the name.
unsafe impl<'a, T: Trusted> KfuncArgument<'a> for Option<&'a T> {
    type Raw = *mut T::Raw;
    type Held = *mut T::Raw;

    const C: Spelling = trusted!(T);
    const SUFFIX: &'static str = "__nullable";

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        // SAFETY: As for `&T`, or it is NULL.
        unsafe { taken!(held).cast_const().cast::<T>().as_ref() }
    }
}

// SAFETY: The verifier accepts only an object of exactly this type, to which the program has a
// reference during the call, and NULL for no argument that is not called `__nullable`.
unsafe impl<'a, T: Refcounted> KfuncArgument<'a> for &'a Arc<T> {
    type Raw = *mut T::Raw;
    type Held = ManuallyDrop<Arc<T>>;

    const C: Spelling = pointer!(T);
    const ROLE: Role = Role::Counted;

    #[inline]
    unsafe fn hold(raw: *mut T::Raw) -> Option<Self::Held> {
        // SAFETY: The caller promises that the verifier has accepted it: programs get references to a
        // `T` only from an `Arc`. This one is not given up.
        Some(ManuallyDrop::new(unsafe {
            Arc::from_raw(raw.cast_const().cast())
        }))
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        match held {
            Some(held) => held,
            None => unreachable!(),
        }
    }
}

// SAFETY: As `&Arc<T>`; because of `KF_RELEASE` the program does not have it any more.
unsafe impl<'a, T: Refcounted> KfuncArgument<'a> for Arc<T> {
    type Raw = *mut T::Raw;
    type Held = Self;

    const C: Spelling = pointer!(T);
    const ROLE: Role = Role::Released;

    #[inline]
    unsafe fn hold(raw: *mut T::Raw) -> Option<Self> {
        // SAFETY: The caller promises that the verifier has accepted it: programs get references to a
        // `T` only from an `Arc`, and this one is given up.
        Some(unsafe { Arc::from_raw(raw.cast_const().cast()) })
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken!(held)
    }
}

// SAFETY: It is an address, which is not followed.
unsafe impl<'a, T: Integer> KfuncArgument<'a> for Arena<T> {
    type Raw = *mut T;
    type Held = Self;

    const C: Spelling = integer_pointer!(T);
    const SUFFIX: &'static str = "__arena";

    #[inline]
    unsafe fn hold(raw: *mut T) -> Option<Self> {
        Some(Arena::from_ptr(raw))
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken!(held)
    }
}

// SAFETY: It is an address, which is not followed, or NULL.
unsafe impl<'a, T: Integer> KfuncArgument<'a> for Option<Arena<T>> {
    type Raw = *mut T;
    type Held = Self;

    const C: Spelling = integer_pointer!(T);
    const SUFFIX: &'static str = "__arena__nullable";

    #[inline]
    unsafe fn hold(raw: *mut T) -> Option<Self> {
        Some((!raw.is_null()).then(|| Arena::from_ptr(raw)))
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken!(held)
    }
}

// SAFETY: The verifier passes the program that calls, which is there during the call.
unsafe impl<'a> KfuncArgument<'a> for &'a Caller {
    type Raw = *mut bindings::bpf_prog_aux;
    type Held = *mut bindings::bpf_prog_aux;

    const C: Spelling = Spelling::builtin("struct bpf_prog_aux *");
    const ROLE: Role = Role::Caller;

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        // SAFETY: The caller of `hold()` has promised that the verifier passes it. The program is there
        // during the call, which `held` does not outlive.
        unsafe { Caller::from_raw(taken!(held)) }
    }
}
