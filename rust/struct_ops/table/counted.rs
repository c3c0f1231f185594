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
