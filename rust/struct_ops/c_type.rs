// SPDX-License-Identifier: GPL-2.0

//! Rust types behind the pointers that callbacks take and return.

use kernel::{
    bindings,
    prelude::*,
    task::Task,
    types::Opaque, //
};

/// A type that has a C struct of the same layout.
///
/// ```
/// #[c_struct]
/// struct Point {
///     x: i32,
///     y: i32,
/// }
///
/// fn bytes_in_c<T: struct_ops::CType>() -> usize {
///     core::mem::size_of::<T::Raw>()
/// }
///
/// # fn example() -> Result {
/// assert_eq!(bytes_in_c::<Point>(), 8);
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// A valid pointer to one can be cast to the other and is then valid as well. No other type has the
/// `NAME`.
#[diagnostic::on_unimplemented(
    message = "callbacks and tables cannot use `{Self}`: C does not know it",
    note = "put `#[c_struct]` before the struct, in the same file as the `#[struct_ops]` type"
)]
pub unsafe trait CType {
    /// The C struct.
    type Raw;

    /// Its name.
    const NAME: &'static CStr;
}

/// A struct with [`#[c_struct]`](macro@crate::c_struct).
///
/// ```
/// #[c_struct]
/// struct Sample {
///     time: u64,
///     value: u64,
/// }
///
/// #[struct_ops]
/// struct ProbeOps {
///     /// Gets a copy.
///     sample: fn(sample: Sample),
/// }
/// # impl StructOpsType for ProbeOps {}
/// ```
///
/// # Safety
///
/// Any bytes are a value of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared with programs",
    note = "put `#[c_struct]` before the struct, in the same file as the functions that use it"
)]
pub unsafe trait CStruct: CType {}

/// Passes a struct by value. For [`#[struct_ops]`](macro@crate::struct_ops).
#[doc(hidden)]
#[inline]
pub fn into_raw<T: CStruct>(value: T) -> T::Raw {
    // SAFETY: By the safety requirements of `CType`, `T::Raw` has the layout of `T`.
    unsafe { core::mem::transmute_copy(&core::mem::ManuallyDrop::new(value)) }
}

// SAFETY: `Task` is a transparent wrapper of `struct task_struct`.
unsafe impl CType for Task {
    type Raw = bindings::task_struct;

    const NAME: &'static CStr = c"task_struct";
}

// SAFETY: `File` is a transparent wrapper of `struct file`.
unsafe impl CType for kernel::fs::File {
    type Raw = bindings::file;

    const NAME: &'static CStr = c"file";
}

// SAFETY: `Device` is a transparent wrapper of `struct device`.
unsafe impl CType for kernel::device::Device {
    type Raw = bindings::device;

    const NAME: &'static CStr = c"device";
}

/// Wraps the kernel's `struct cgroup`, for which the `kernel` crate has no type yet.
///
/// C header: [`include/linux/cgroup-defs.h`](srctree/include/linux/cgroup-defs.h).
///
/// ```
/// #[struct_ops]
/// struct MoverOps {
///     /// A non-zero value keeps `task` where it is.
///     may_move: fn(task: &Task, to: &Cgroup) -> i32,
/// }
/// # impl StructOpsType for MoverOps {}
/// ```
///
/// # Invariants
///
/// All instances are valid cgroups created by the C portion of the kernel.
#[repr(transparent)]
pub struct Cgroup(Opaque<bindings::cgroup>);

// SAFETY: `Cgroup` is a transparent wrapper of `struct cgroup`.
unsafe impl CType for Cgroup {
    type Raw = bindings::cgroup;

    const NAME: &'static CStr = c"cgroup";
}

/// The type of a member that names the module: `struct module *` in C.
///
/// User space has to leave it zero. The kernel puts something there that stands for the module that
/// owns the type; Rust has no use for it, so there is no way to read it.
///
/// ```
/// #[struct_ops]
/// struct CodecOps {
///     encode: fn(level: u32) -> i32,
///     owner: struct_ops::ModulePtr,
/// }
/// # impl StructOpsType for CodecOps {}
/// ```
pub type ModulePtr = *mut bindings::module;
