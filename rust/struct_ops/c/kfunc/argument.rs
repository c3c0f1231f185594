// SPDX-License-Identifier: GPL-2.0

//! The types that kfuncs take.

use super::{
    taken,
    KfuncArgument,
    Role, //
};
use crate::{
    c::{
        argument::pointer,
        Address,
        Addressed,
        CStruct,
        CType,
        Pointee,
        Refcounted,
        Spelling,
        Text,
        Trusted, //
    },
    Arena,
    BpfCounted,
    Caller,
    Shared,
    SharedBytes,
    SharedText, //
};
use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    sync::{
        aref::ARef,
        Arc, //
    }, //
};

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
                    taken(held)
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
    const ROLE: Role = Role::Fleeting;

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        // A program need not align it.
        raw.cast::<T>().is_aligned().then_some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        let raw = taken(held);
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
        let Bytes { data, size } = taken(held);
        // SAFETY: The caller of `hold()` has promised that the verifier has accepted it. It is there
        // during the call, which `held` does not outlive.
        unsafe { SharedBytes::from_raw(data, size as usize) }
    }
}

// SAFETY: As `&SharedBytes`.
unsafe impl<'a> KfuncArgument<'a> for &'a SharedText {
    type Raw = Bytes;
    type Held = Bytes;

    const C: Spelling = Spelling::builtin("const char *");
    const ROLE: Role = Role::Bytes;

    #[inline]
    unsafe fn hold(raw: Bytes) -> Option<Bytes> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Bytes>) -> Self {
        SharedText::from_bytes(KfuncArgument::lend(held))
    }
}

const fn role<T: Trusted>() -> Role {
    if T::LASTS {
        Role::Plain
    } else {
        Role::Fleeting
    }
}

// SAFETY: The verifier accepts only pointers to this struct that it trusts, and NULL for no argument that
// is not called `__nullable`.
unsafe impl<'a, T: Trusted> KfuncArgument<'a> for &'a T {
    type Raw = *mut T::Raw;
    type Held = *mut T::Raw;

    const C: Spelling = pointer!(T, NAME);
    const ROLE: Role = role::<T>();

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        // SAFETY: The caller of `hold()` has promised that the verifier has accepted it. By `Trusted`, it
        // points to a `T` during the call, which `held` does not outlive.
        unsafe { &*taken(held).cast_const().cast() }
    }
}

// SAFETY: As `&T`, and NULL because of the name.
unsafe impl<'a, T: Trusted> KfuncArgument<'a> for Option<&'a T> {
    type Raw = *mut T::Raw;
    type Held = *mut T::Raw;

    const C: Spelling = pointer!(T, NAME);
    const SUFFIX: &'static str = "__nullable";
    const ROLE: Role = role::<T>();

    #[inline]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held> {
        Some(raw)
    }

    #[inline]
    fn lend(held: &'a mut Option<Self::Held>) -> Self {
        // SAFETY: As for `&T`, or it is NULL.
        unsafe { taken(held).cast_const().cast::<T>().as_ref() }
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
        taken(held)
    }
}

// SAFETY: The verifier accepts only a reference to this struct that the program has, which because of
// `KF_RELEASE` it does not have any more, and NULL for no argument that is not called `__nullable`.
unsafe impl<'a, T: BpfCounted> KfuncArgument<'a> for ARef<T> {
    type Raw = *mut T::Raw;
    type Held = Self;

    const C: Spelling = pointer!(T, NAME);
    const ROLE: Role = Role::Released;

    #[inline]
    unsafe fn hold(raw: *mut T::Raw) -> Option<Self> {
        NonNull::new(raw).map(|raw| {
            // SAFETY: The caller promises that the verifier has accepted it, and the program gives up
            // what it has. By `BpfCounted`, programs count it as `ARef` does.
            unsafe { ARef::from_raw(raw.cast()) }
        })
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken(held)
    }
}

// SAFETY: It is an address, which is not followed.
unsafe impl<'a, T: Addressed> KfuncArgument<'a> for Arena<T> {
    type Raw = *mut T::Raw;
    type Held = Self;

    const C: Spelling = <Address<T> as CType>::C;
    const SUFFIX: &'static str = "__arena";

    #[inline]
    unsafe fn hold(raw: *mut T::Raw) -> Option<Self> {
        Some(Arena::from_ptr(raw))
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken(held)
    }
}

// SAFETY: It is an address, which is not followed, or NULL.
unsafe impl<'a, T: Addressed> KfuncArgument<'a> for Option<Arena<T>> {
    type Raw = *mut T::Raw;
    type Held = Self;

    const C: Spelling = <Address<T> as CType>::C;
    const SUFFIX: &'static str = "__arena__nullable";

    #[inline]
    unsafe fn hold(raw: *mut T::Raw) -> Option<Self> {
        Some((!raw.is_null()).then(|| Arena::from_ptr(raw)))
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken(held)
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
        unsafe { Caller::from_raw(taken(held)) }
    }
}
