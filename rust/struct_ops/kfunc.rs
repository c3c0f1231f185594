// SPDX-License-Identifier: GPL-2.0

//! What kfuncs take.

use crate::{
    CStruct,
    Ops,
    StructOps, //
};
use core::{
    cell::UnsafeCell,
    mem::MaybeUninit, //
};
use kernel::{
    bindings,
    types::Opaque, //
};

/// A struct in memory that programs share with the module.
///
/// A `&Shared<T>` goes from programs to the kfuncs of a module, and from the module to the programs
/// it calls. Nobody can say who else reads or writes the memory at the same time (it may lie in a
/// map), and a program need not align it.
///
/// ```
/// #[c_struct]
/// struct Report {
///     code: u32,
///     length: u32,
/// }
///
/// #[struct_ops(slot = FIXUP)]
/// struct FixupOps {
///     /// May have kfuncs change the report.
///     fix: fn(report: &Shared<Report>) -> i32,
/// }
///
/// static FIXUP: Exclusive<FixupOps> = Exclusive::new();
/// # impl StructOpsType for FixupOps {}
///
/// /// Has the attached program fix the caller's report.
/// #[kfunc(syscall)]
/// fn example_fix(report: &Shared<Report>) -> i32 {
///     FIXUP.with(|ops| ops.fix(report)).unwrap_or(0)
/// }
/// ```
///
/// # Invariants
///
/// The memory is valid for reads and writes, and is not that of a `&T` or `&mut T`.
#[repr(C, packed)]
pub struct Shared<T: CStruct>(UnsafeCell<MaybeUninit<T>>);

impl<T: CStruct> Shared<T> {
    /// Wraps what a program has passed. For [`#[kfunc]`](macro@crate::kfunc).
    ///
    /// # Safety
    ///
    /// The type invariants hold for `raw` during `'a`.
    #[doc(hidden)]
    #[inline]
    pub unsafe fn from_raw<'a>(raw: *mut T::Raw) -> &'a Self {
        // SAFETY: `T::Raw` has the layout of `T`, and `Self` has no alignment. The caller promises
        // the rest.
        // INVARIANT: By the safety requirements of this function.
        unsafe { &*raw.cast() }
    }
}

/// The program that calls a kfunc.
///
/// Wraps the kernel's `struct bpf_prog_aux` ([`include/linux/bpf.h`](srctree/include/linux/bpf.h)).
///
/// ```
/// #[struct_ops(slot = STEPS)]
/// struct StepOps {
///     /// What the caller's own map does.
///     step: fn() -> i32,
/// }
///
/// static STEPS: Many<StepOps, 4> = Many::new();
/// # impl StructOpsType for StepOps {}
///
/// /// Programs call this without an argument.
/// #[kfunc(syscall)]
/// fn example_step(program: &Caller) -> i32 {
///     STEPS.find_associated(program, |ops| ops.step()).unwrap_or(-1)
/// }
/// ```
///
/// # Invariants
///
/// It is the valid `struct bpf_prog_aux` of a program that is running.
#[repr(transparent)]
pub struct Caller(Opaque<bindings::bpf_prog_aux>);

impl Caller {
    /// Wraps what the verifier has passed. For [`#[kfunc]`](macro@crate::kfunc).
    ///
    /// # Safety
    ///
    /// The type invariants hold for `aux` during `'a`.
    #[doc(hidden)]
    #[inline]
    pub unsafe fn from_raw<'a>(aux: *mut bindings::bpf_prog_aux) -> &'a Self {
        // SAFETY: `Caller` is a transparent wrapper, and the caller promises the rest.
        // INVARIANT: By the safety requirements of this function.
        unsafe { &*aux.cast() }
    }

    /// The table of the map that the program is associated with, or NULL if that is not of type `T`
    /// or has no value yet.
    ///
    /// It may not be attached, or not any more: this is something to compare with.
    pub(crate) fn associated<T: StructOps>(&self) -> *const Ops<T> {
        let st_ops = T::descriptor().as_ptr();
        // SAFETY: By the type invariants, the program is valid, and it is running, which is what
        // protects the pointer that this reads. `st_ops` points to a static.
        unsafe { bindings::bpf_prog_get_assoc_struct_ops(self.0.get(), st_ops) }.cast()
    }
}

/// Announces the functions of the module that have [`#[kfunc]`](macro@crate::kfunc).
///
/// For the module's `init`, at most once; they stay until the module goes. May sleep.
///
/// ```
/// /// Programs may ask how much there is.
/// #[kfunc(struct_ops)]
/// fn example_total() -> u64 {
///     4096
/// }
///
/// struct Kfuncs;
///
/// impl kernel::Module for Kfuncs {
///     fn init(_module: &'static ThisModule) -> Result<Self> {
///         register_kfuncs!()?;
///         Ok(Self)
///     }
/// }
/// ```
///
/// # Errors
///
/// - `EPERM`: the module is not being loaded any more.
/// - `EEXIST`: this has been done before.
/// - `EINVAL`: the kernel or another module has a function of the same name.
/// - `ENOENT`: the module has no usable BTF.
/// - `ENOMEM`.
#[macro_export]
macro_rules! register_kfuncs {
    () => {
        ::kernel::error::to_result(
            // SAFETY: The function refuses to be called at the wrong time.
            unsafe { ::struct_ops_abi::struct_ops_kfuncs__register() },
        )
    };
}
