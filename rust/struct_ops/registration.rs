// SPDX-License-Identifier: GPL-2.0

//! Types, as the registry knows them.

use crate::{
    callbacks::Callbacks,
    StructOpsType, //
};
use core::marker::{
    PhantomData,
    PhantomPinned, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// What the registry has to know about a type.
///
/// The registry keeps a pointer to it for as long as a map of the type lives, so it has to be a
/// static of the module: [`register_struct_ops!`](crate::register_struct_ops) makes one.
///
/// Wraps the kernel's `struct bpf_struct_ops`
/// ([`include/linux/bpf.h`](srctree/include/linux/bpf.h)).
#[repr(transparent)]
pub struct Descriptor<T>(bindings::bpf_struct_ops, PhantomData<T>);

// SAFETY: Nobody writes to it.
unsafe impl<T> Sync for Descriptor<T> {}

impl<T: StructOpsType> Descriptor<T> {
    /// Describes `T`.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        let mut st_ops = Callbacks::<T>::describe();
        st_ops.owner = T::OWNER;
        st_ops.name = kernel::str::as_char_ptr_in_const_context(T::NAME);
        Self(st_ops, PhantomData)
    }
}

/// A type that is registered.
///
/// Dropping it unregisters the type: user space can no longer find it, maps that exist keep working
/// until they go (and keep the module until then).
///
/// # Invariants
///
/// `descriptor` has been registered.
#[pin_data(PinnedDrop)]
pub struct Registration<T: StructOpsType> {
    descriptor: &'static Descriptor<T>,
    #[pin]
    _pin: PhantomPinned,
}

impl<T: StructOpsType> Registration<T> {
    /// Registers a type. May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: the module has registered a type of this name already.
    /// - `ENOENT`: the module has no usable BTF.
    /// - `EINVAL`: [`StructOpsType::init`] has failed.
    /// - `ENOMEM`.
    ///
    /// The log says more.
    pub fn new(descriptor: &'static Descriptor<T>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: Registered by `register()`.
            descriptor: Self::register(descriptor)?,
            _pin: PhantomPinned,
        })
    }

    fn register(descriptor: &'static Descriptor<T>) -> Result<&'static Descriptor<T>> {
        let st_ops = &raw const descriptor.0;
        // SAFETY: The descriptor and everything it points to is static.
        let ret = unsafe { bindings::__register_bpf_struct_ops(st_ops) };
        to_result(ret).inspect_err(|error| {
            // The registry has said why.
            pr_err!("cannot register {}: error {}\n", T::NAME, error.to_errno());
        })?;
        Ok(descriptor)
    }
}

#[pinned_drop]
impl<T: StructOpsType> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariants, this has been registered. It fails only if it is not.
        unsafe { bindings::unregister_bpf_struct_ops(&raw const self.descriptor.0) };
    }
}

/// Registers a struct_ops type.
///
/// Returns an initialiser of a [`Registration`], with [`Error`](kernel::error::Error) as error type.
///
/// ```ignore
/// try_pin_init!(Self { _ops <- register_struct_ops!(QuotaOps) })
/// ```
///
/// # Expansion
///
/// A static [`Descriptor`] of the type, and [`Registration::new`] of that.
#[macro_export]
macro_rules! register_struct_ops {
    ($type:ty) => {{
        static DESCRIPTOR: $crate::Descriptor<$type> = $crate::Descriptor::new();
        $crate::Registration::<$type>::new(&DESCRIPTOR)
    }};
}
