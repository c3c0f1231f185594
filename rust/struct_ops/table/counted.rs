// SPDX-License-Identifier: GPL-2.0

//! Objects of the kernel that programs hold by a reference count.

use crate::Pointee;
use kernel::sync::aref::AlwaysRefCounted;

/// A type that programs count in the same way as [`ARef`](kernel::sync::aref::ARef) does.
///
/// A callback that takes `ARef<T>` or returns `Option<ARef<T>>` can be called if `T` is such a type, and a
/// kfunc can give a program an `Option<ARef<T>>` and take an `ARef<T>` back.
/// [`Task`](kernel::task::Task) is not: `ARef<Task>` counts the field `usage`, `bpf_task_acquire()`
/// and `bpf_task_release()` count `rcu_users`, and the function that gives up the latter is not there
/// for modules. Take `&Task`, of which a program can acquire a reference of its own.
///
/// # Examples
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
/// An author can make a struct of the kernel such a type, and write the kfuncs that acquire and release it:
///
/// ```
/// use core::ptr::{self, NonNull};
/// use kernel::sync::aref::AlwaysRefCounted;
/// use struct_ops::BpfCounted;
///
/// #[kernel_struct("linux/kobject.h")]
/// pub struct Kobject;
///
/// # #[allow(unsafe_code)]
/// extern "C" {
///     fn kobject_get(object: *mut Kobject) -> *mut Kobject;
///     fn kobject_put(object: *mut Kobject);
/// }
///
/// # #[allow(unsafe_code)]
/// // SAFETY: An object is there as long as somebody has a reference, which these count.
/// unsafe impl AlwaysRefCounted for Kobject {
///     fn inc_ref(&self) {
///         // SAFETY: The object is there.
///         unsafe { kobject_get(ptr::from_ref(self).cast_mut()) };
///     }
///
///     unsafe fn dec_ref(object: NonNull<Self>) {
///         // SAFETY: The caller gives up a reference.
///         unsafe { kobject_put(object.as_ptr()) };
///     }
/// }
///
/// # #[allow(unsafe_code)]
/// // SAFETY: Programs get references from the kfuncs of this module only, which are `ARef`s.
/// unsafe impl BpfCounted for Kobject {}
///
/// /// Takes an object back. The last reference may take time.
/// #[kfunc(syscall, sleepable)]
/// fn example_put(object: ARef<Kobject>) {
///     drop(object);
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
pub unsafe trait BpfCounted: AlwaysRefCounted + Pointee {}

// SAFETY: Both are `get_file()` and `fput()`: see `bpf_get_task_exe_file()` and `bpf_put_file()`.
unsafe impl BpfCounted for kernel::fs::File {}

// SAFETY: No function of the kernel gives programs a reference, or takes one from them.
unsafe impl BpfCounted for kernel::cred::Credential {}
