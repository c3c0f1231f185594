// SPDX-License-Identifier: GPL-2.0

//! What kfuncs return.

use crate::{
    c::{
        argument::pointer,
        CType,
        Refcounted,
        Spelling,
        Text,
        Trusted, //
    },
    BpfCounted, //
};
use core::ptr;
use kernel::{
    bindings,
    sync::{
        aref::ARef,
        Arc, //
    }, //
};

/// A type that a kfunc can return.
///
/// | type | for the program |
/// |---|---|
/// | a 32- or 64-bit integer, a `bool`, nothing | a number, or nothing |
/// | `Option<Arc<T>>` with a [`Refcounted`] | a reference, or NULL: it has to test, and to give it back (`KF_ACQUIRE`, `KF_RET_NULL`) |
/// | `Option<ARef<T>>` with a [`BpfCounted`] | the same, to an object of the kernel |
/// | `Option<Lent<'a>>`, for an argument [`&'a BufSize`](super::BufSize) | memory of that size, or NULL |
/// | `Option<&'static T>` with a [`Trusted`] | a pointer that it can read through and pass to kfuncs, or NULL |
///
/// # Examples
///
/// ```
/// use struct_ops::KfuncOutput;
///
/// const fn returns<R: KfuncOutput>() {}
///
/// const _: () = returns::<i32>();
/// ```
///
/// # Safety
///
/// `Raw` is what C declares by `C`; kCFI hashes both alike. The verifier lets programs do with it only
/// what is sound.
#[diagnostic::on_unimplemented(
    message = "a kfunc cannot return `{Self}`",
    label = "cannot be given to a program",
    note = "it returns a 32- or 64-bit integer, `bool`, `Option<Arc<T>>` and `Option<ARef<T>>` (acquired), `Option<&'static T>`, `Option<Lent<'a>>`, or nothing"
)]
pub unsafe trait KfuncOutput: Sized {
    /// What C returns.
    #[doc(hidden)]
    type Raw;

    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// The flags that the verifier knows such a kfunc by.
    #[doc(hidden)]
    const FLAGS: &'static str = "";

    /// Is it memory that an argument may be the owner of?
    #[doc(hidden)]
    const LENDS: bool = false;

    /// What a program gets if the kfunc must not be called with its arguments.
    #[doc(hidden)]
    const REFUSED: Self::Raw;

    /// Makes what C returns.
    #[doc(hidden)]
    fn into_raw(self) -> Self::Raw;
}

// SAFETY: Nothing is returned.
unsafe impl KfuncOutput for () {
    type Raw = ();

    const C: Spelling = Spelling::builtin("void ");
    const REFUSED: () = ();

    #[inline]
    fn into_raw(self) {}
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(
            // SAFETY: It is a number in C as well.
            unsafe impl KfuncOutput for $ty {
                type Raw = Self;

                const C: Spelling = <Self as CType>::C;
                const REFUSED: Self = -(bindings::EINVAL as i32) as Self;

                #[inline]
                fn into_raw(self) -> Self {
                    self
                }
            }
        )*
    };
}
integers!(u32 i32 u64 i64 usize isize);

// SAFETY: It is a `bool` in C as well.
unsafe impl KfuncOutput for bool {
    type Raw = Self;

    const C: Spelling = <Self as CType>::C;
    const REFUSED: Self = false;

    #[inline]
    fn into_raw(self) -> Self {
        self
    }
}

/// Programs have to give back what they get, and to look whether there is something.
const ACQUIRED: &str = " | KF_ACQUIRE | KF_RET_NULL";

// SAFETY: By `Refcounted`, programs can read what C knows of the object. Because of the flags they have
// to give back a reference that they get.
unsafe impl<T: Refcounted> KfuncOutput for Option<Arc<T>> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T);
    const FLAGS: &'static str = ACQUIRED;
    const REFUSED: *mut T::Raw = ptr::null_mut();

    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.map_or(ptr::null_mut(), |object| {
            Arc::into_raw(object).cast_mut().cast()
        })
    }
}

// SAFETY: By `Pointee`, it is a reference to what C calls `struct NAME`, or NULL, which programs give back
// because of the flags: by `BpfCounted`, as `ARef` counts.
unsafe impl<T: BpfCounted> KfuncOutput for Option<ARef<T>> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T, NAME);
    const FLAGS: &'static str = ACQUIRED;
    const REFUSED: *mut T::Raw = ptr::null_mut();

    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.map_or(ptr::null_mut(), |object| {
            ARef::into_raw(object).as_ptr().cast()
        })
    }
}

// SAFETY: By `Pointee`, it is a pointer to what C calls `struct NAME`, or NULL. The verifier trusts it until
// the program ends. The module is there as long, and so is what is `'static`.
unsafe impl<T: Trusted> KfuncOutput for Option<&'static T> {
    type Raw = *mut T::Raw;

    const C: Spelling = pointer!(T, NAME);
    const FLAGS: &'static str = " | KF_RET_NULL";
    const REFUSED: *mut T::Raw = ptr::null_mut();

    #[inline]
    fn into_raw(self) -> *mut T::Raw {
        self.map_or(ptr::null_mut(), |object| {
            ptr::from_ref(object).cast_mut().cast()
        })
    }
}
