// SPDX-License-Identifier: GPL-2.0

//! Objects that callbacks take and return with a reference count.

use crate::CType;
use core::ptr::{
    self,
    NonNull, //
};
use kernel::sync::{
    aref::{
        ARef,
        AlwaysRefCounted, //
    },
    Arc, //
};

/// A type that programs count in the same way as [`ARef`] does.
///
/// A callback that takes `ARef<T>` or returns `Option<ARef<T>>` can be called if `T` is such a type.
/// [`Task`](kernel::task::Task) is not: `ARef<Task>` counts the field `usage`, `bpf_task_acquire()`
/// and `bpf_task_release()` count `rcu_users`, and the function that gives up the latter is not there
/// for modules. Take `&Task`, of which a program can acquire a reference of its own.
///
/// ```
/// use kernel::fs::File;
///
/// #[struct_ops(slot = INTAKE)]
/// struct IntakeOps {
///     /// Takes the file, and has to release it (`bpf_put_file()`).
///     take: fn(file: ARef<File>),
/// }
///
/// static INTAKE: Exclusive<IntakeOps> = Exclusive::new();
/// # impl StructOpsType for IntakeOps {}
///
/// fn give(file: ARef<File>) {
///     INTAKE.with(|ops| ops.take(file));
/// }
/// ```
///
/// # Safety
///
/// The functions that acquire and release a `Self::Raw` for programs use the count of
/// `ARef<Self>`.
#[diagnostic::on_unimplemented(
    message = "programs count `{Self}` in another way than `ARef` does",
    note = "take `&{Self}`: a program can acquire a reference of its own"
)]
pub unsafe trait BpfCounted: AlwaysRefCounted + CType {}

// SAFETY: Both are `get_file()` and `fput()`: see `bpf_get_task_exe_file()` and `bpf_put_file()`.
unsafe impl BpfCounted for kernel::fs::File {}

/// A struct with [`#[c_struct(refcounted)]`](macro@crate::c_struct), of which programs can hold a
/// reference.
///
/// It is in an [`Arc`]. A kfunc gives a program a reference by returning `Option<Arc<T>>`; the verifier
/// has the program give it back, to a kfunc that takes an `Arc<T>`, or put it into a map. While it has
/// it, it can pass it as `&Arc<T>`.
///
/// Whoever drops the last reference drops the object: the program, in the context in which it runs, or
/// whoever deletes an element of a map. Its `Drop` may not sleep.
///
/// ```
/// use kernel::sync::{
///     atomic::{Atomic, Relaxed},
///     Arc,
/// };
///
/// /// Programs can read `id`, and hold it.
/// #[c_struct(refcounted)]
/// struct Lease {
///     id: u32,
///     #[private]
///     uses: Atomic<u32>,
/// }
///
/// /// Begins a lease.
/// #[kfunc(syscall)]
/// fn example_lease(id: u32) -> Option<Arc<Lease>> {
///     let uses = Atomic::new(0);
///     Arc::new(Lease { id, uses }, GFP_ATOMIC).ok()
/// }
///
/// /// Counts a use of it.
/// #[kfunc(syscall)]
/// fn example_lease_use(lease: &Arc<Lease>) -> u32 {
///     lease.uses.fetch_add(1, Relaxed)
/// }
///
/// /// Ends it.
/// #[kfunc(syscall)]
/// fn example_lease_end(lease: Arc<Lease>) {
///     pr_debug!("lease {} ends\n", lease.id);
/// }
/// ```
///
/// # Safety
///
/// `Self` begins with the fields of `Raw`, and programs get pointers to a `Raw` only by
/// [`ProgramRef`].
#[diagnostic::on_unimplemented(
    message = "programs cannot hold references to `{Self}`",
    note = "put `#[c_struct(refcounted)]` before the struct, in the same file as the functions that use it"
)]
pub unsafe trait Refcounted: Send + Sync + Sized + 'static {
    /// What C and programs see of it.
    type Raw;
}

/// A reference that goes to programs, or comes back. For the macros.
///
/// # Safety
///
/// The pointers are valid for a program that takes them for a `Raw`, as long as the reference is there.
#[doc(hidden)]
pub unsafe trait ProgramRef: Sized {
    /// What the pointer of the program points to.
    type Raw;

    /// The pointer for a program that uses the reference while it is there.
    fn as_raw(&self) -> *mut Self::Raw;

    /// Gives the reference to a program.
    fn into_raw(self) -> *mut Self::Raw;

    /// Takes a reference back.
    ///
    /// # Safety
    ///
    /// `raw` is from [`into_raw()`](Self::into_raw), or counted by the functions that programs have
    /// for it, and not used any more.
    unsafe fn from_raw(raw: NonNull<Self::Raw>) -> Self;
}

// SAFETY: It is valid for a `T`, and by `CType` for a `Raw`.
unsafe impl<T: BpfCounted> ProgramRef for ARef<T> {
    type Raw = T::Raw;

    fn as_raw(&self) -> *mut T::Raw {
        ptr::from_ref::<T>(self).cast_mut().cast()
    }

    fn into_raw(self) -> *mut T::Raw {
        ARef::into_raw(self).as_ptr().cast()
    }

    unsafe fn from_raw(raw: NonNull<T::Raw>) -> Self {
        // SAFETY: By `CType`, it is a `T`, and by `BpfCounted`, programs count it as this does. The
        // caller promises the rest.
        unsafe { ARef::from_raw(raw.cast()) }
    }
}

// SAFETY: It is valid for a `T`, and by `Refcounted` for a `Raw`.
unsafe impl<T: Refcounted> ProgramRef for Arc<T> {
    type Raw = T::Raw;

    fn as_raw(&self) -> *mut T::Raw {
        Arc::as_ptr(self).cast_mut().cast()
    }

    fn into_raw(self) -> *mut T::Raw {
        Arc::into_raw(self).cast_mut().cast()
    }

    unsafe fn from_raw(raw: NonNull<T::Raw>) -> Self {
        // SAFETY: The caller promises that it is from `into_raw()`: programs get references to a `T`
        // by that only, and count them by it.
        unsafe { Arc::from_raw(raw.as_ptr().cast_const().cast()) }
    }
}

/// `Self` is `T`. For [`#[struct_ops]`](macro@crate::struct_ops).
///
/// A bound on a type parameter is checked where a method is called, not where it is.
#[doc(hidden)]
pub trait Same<T> {}

impl<T> Same<T> for T {}
