// SPDX-License-Identifier: GPL-2.0

//! Structs that programs get pointers to.

use super::{
    CType,
    Plain,
    Text, //
};
use kernel::{
    bindings,
    prelude::*,
    task::Task,
    types::Opaque, //
};

/// A struct that C knows by its name, to which a callback can take a `&T`.
///
/// Kernel types and structs with [`#[c_struct]`](macro@crate::c_struct) are. For other structs of the
/// kernel there is [`#[kernel_struct]`](macro@crate::kernel_struct).
///
/// # Examples
///
/// ```
/// use struct_ops::Pointee;
///
/// fn name<T: Pointee>(_object: &T) -> &'static CStr {
///     T::NAME
/// }
///
/// # fn example() -> Result {
/// assert_eq!(name::<Task>(kernel::current!()), c"task_struct");
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// A valid pointer to a `Self` is a valid pointer to what C calls `struct NAME`, once it has read
/// `DEFINITION`, and to a `Raw`. `Raw` is called `PASSED_AS`, too, which is what kCFI compares.
#[diagnostic::on_unimplemented(
    message = "programs cannot get a pointer to `{Self}`: C does not know it",
    label = "not a struct of C",
    note = "put `#[c_struct]` before a struct of the module, or declare one of the kernel with `#[kernel_struct(\"header.h\")]`"
)]
pub unsafe trait Pointee {
    /// The C struct.
    type Raw;

    /// Its name.
    const NAME: &'static CStr;

    /// The struct that C has in prototypes in its place.
    #[doc(hidden)]
    const PASSED_AS: &'static CStr = Self::NAME;

    /// Is that another, of which the verifier has to be told what it is?
    #[doc(hidden)]
    const PROMOTED: bool = false;

    /// What C has to read first.
    #[doc(hidden)]
    const DEFINITION: Text;

    /// The statements of C that admit a program's write to a field of a struct of the kernel.
    #[doc(hidden)]
    const WRITES: Text = Text::NOTHING;

    /// What C has to read before a pointer to one, which may be in the struct itself.
    #[doc(hidden)]
    const DECLARATION: Text = Self::DEFINITION;

    /// See [`CType::BORROWED`].
    #[doc(hidden)]
    const BORROWED: Text = Text::NOTHING;
}

/// A struct with [`#[c_struct]`](macro@crate::c_struct).
///
/// # Examples
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
/// The BTF of the kernel has no struct of this name with these fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared with programs",
    label = "not a struct with `#[c_struct]`",
    note = "put `#[c_struct]` before the struct"
)]
pub unsafe trait CStruct: Pointee + CType + Plain {
    /// The statements of C that admit a program's write to a field with `#[writable]`.
    #[doc(hidden)]
    const OWN_WRITES: Text = Text::NOTHING;

    /// A `#define` that says that a callback takes it as `&Shared<Self>`.
    #[doc(hidden)]
    const SHARED: Text;

    /// A `#define` that says that programs may have it written to.
    #[doc(hidden)]
    const WRITTEN: Text;
}

macro_rules! kernel_structs {
    ($($ty:ty: $name:ident in $header:literal;)*) => {
        $(
            // SAFETY: It is a transparent wrapper of the struct, which this header defines.
            unsafe impl Pointee for $ty {
                type Raw = bindings::$name;

                const NAME: &'static CStr = kernel::c_str!(stringify!($name));
                const DEFINITION: Text = Text::Str(concat!("#include <", $header, ">\n"));
            }
        )*
    };
}
kernel_structs! {
    Task: task_struct in "linux/sched.h";
    Cgroup: cgroup in "linux/cgroup.h";
    kernel::fs::File: file in "linux/fs.h";
    kernel::device::Device: device in "linux/device.h";
    kernel::cred::Credential: cred in "linux/cred.h";
    kernel::cpumask::Cpumask: cpumask in "linux/cpumask_types.h";
}
#[cfg(CONFIG_MMU)]
kernel_structs! { kernel::mm::Mm: mm_struct in "linux/mm_types.h"; }
#[cfg(CONFIG_NET)]
kernel_structs! { super::SkBuff: sk_buff in "linux/skbuff.h"; }

macro_rules! trusted {
    ($($ty:ty)*) => {
        $(
            // SAFETY: It has pointers, and the kernel gives programs trusted ones to live objects only.
            unsafe impl Trusted for $ty {}
        )*
    };
}
// Of the others Rust promises more than the verifier knows: who holds a reference, and that nobody writes.
trusted!(Task Cgroup kernel::fs::File kernel::device::Device);
#[cfg(CONFIG_NET)]
trusted!(super::SkBuff);

/// A struct that programs cannot make, nor have changed: of which a kfunc can take a `&T`.
///
/// Structs of the kernel are such, and those with [`#[c_struct(opaque)]`](macro@crate::c_struct).
///
/// # Examples
///
/// ```
/// /// What programs are told of a request is `bytes`; they give it back to `example_request_id()`.
/// #[c_struct(opaque)]
/// struct Request {
///     id: u64,
/// }
///
/// #[struct_ops]
/// struct JudgeOps {
///     allow: fn(request: &Request, bytes: u64) -> i32,
/// }
/// # impl StructOpsType for JudgeOps {}
///
/// #[kfunc(only(JudgeOps))]
/// fn example_request_id(request: &Request) -> u64 {
///     request.id
/// }
/// ```
///
/// # Safety
///
/// A pointer that the verifier trusts points to a `Self` until the call ends. It takes no other memory for
/// one: the struct has not only numbers in C, unless Rust knows nothing of it.
#[diagnostic::on_unimplemented(
    message = "a kfunc cannot take a `&{Self}`: programs could pass other memory",
    note = "it takes `&Shared<T>`, and `&T` with `Task`, `Cgroup`, `File`, `Device`, or a struct with `#[kernel_struct]` or `#[c_struct(opaque)]`"
)]
pub unsafe trait Trusted: Pointee + 'static {
    /// Is each that the verifier trusts there until the program ends?
    #[doc(hidden)]
    const LASTS: bool = false;
}

/// What is behind a type with [`#[kernel_struct]`](macro@crate::kernel_struct): only C makes one.
#[doc(hidden)]
#[repr(transparent)]
pub struct Foreign(Opaque<()>);

/// Wraps the kernel's `struct cgroup`, for which the `kernel` crate has no type yet.
///
/// C header: [`include/linux/cgroup-defs.h`](srctree/include/linux/cgroup-defs.h).
///
/// # Examples
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

/// A struct with [`#[c_struct(refcounted)]`](macro@crate::c_struct), of which programs can hold a
/// reference.
///
/// It is in an [`Arc`](kernel::sync::Arc). A kfunc gives a program a reference by returning `Option<Arc<T>>`; the verifier
/// has the program give it back, to a kfunc that takes an `Arc<T>`, or put it into a map. While it has
/// it, it can pass it as `&Arc<T>`.
///
/// Whoever drops the last reference drops the object: the program, in the context in which it runs, or
/// whoever deletes an element of a map. Its `Drop` may not sleep.
///
/// # Examples
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
/// `Self` begins with the fields of `Raw`, which is what C calls `struct NAME`, once it has read
/// `DEFINITION`. The BTF of the kernel has no such struct. Programs get pointers to it only from an
/// `Arc`, and can read those fields only.
#[diagnostic::on_unimplemented(
    message = "programs cannot hold references to `{Self}`",
    label = "not a struct with `#[c_struct(refcounted)]`",
    note = "put `#[c_struct(refcounted)]` before the struct"
)]
pub unsafe trait Refcounted: Send + Sync + Sized + 'static {
    /// What C and programs see of it.
    type Raw;

    /// Its name.
    const NAME: &'static CStr;

    /// See [`Pointee::PASSED_AS`].
    #[doc(hidden)]
    const PASSED_AS: &'static CStr = Self::NAME;

    /// What C has to read first.
    #[doc(hidden)]
    const DEFINITION: Text;
}
