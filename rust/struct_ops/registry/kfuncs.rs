// SPDX-License-Identifier: GPL-2.0

//! Functions that programs call.

use super::level;
use crate::{
    Ops,
    StructOps, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    types::Opaque, //
};

/// The program that calls a kfunc.
///
/// Wraps the kernel's `struct bpf_prog_aux` ([`include/linux/bpf.h`](srctree/include/linux/bpf.h)).
///
/// # Examples
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
    /// Wraps what the verifier has passed.
    ///
    /// # Safety
    ///
    /// The type invariants hold for `aux` during `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw<'a>(aux: *mut bindings::bpf_prog_aux) -> &'a Self {
        // SAFETY: `Caller` is a transparent wrapper, and the caller promises the rest.
        // INVARIANT: By the safety requirements of this function.
        unsafe { &*aux.cast() }
    }

    /// The table of the map that the program is associated with, or NULL if that is not of type `T`
    /// or has no value yet.
    ///
    /// It may not be attached, or not any more: this is something to compare with.
    pub(crate) fn associated<T: StructOps>(&self) -> *const Ops<T> {
        // SAFETY: By the type invariants, the program is valid, and it is running, which is what
        // protects the pointer that this reads.
        unsafe { level::associated(self.0.get(), T::descriptor().definition()) }.cast()
    }
}

/// Announces the functions of the module that have [`#[kfunc]`](macro@crate::kfunc).
///
/// For the module's `init`, at most once; they stay until the module goes. May sleep.
///
/// # Examples
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
///         register_kfuncs()?;
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
pub fn register_kfuncs() -> Result {
    extern "C" {
        /// In the C unit of each module, of which this crate is a part.
        fn struct_ops__register_kfuncs() -> c_int;
    }
    // SAFETY: It refuses to be called at the wrong time, and more than once.
    to_result(unsafe { struct_ops__register_kfuncs() })
}
