// SPDX-License-Identifier: GPL-2.0

//! Types, as the registry knows them.

use super::{
    callbacks::Callbacks,
    level, //
};
use crate::StructOpsType;
use core::marker::{
    PhantomData,
    PhantomPinned, //
};
use kernel::prelude::*;

/// What the registry has to know about a type.
///
/// The registry keeps a pointer to it for as long as a map of the type lives, so it has to be a
/// static of the module: [`#[struct_ops]`](macro@crate::struct_ops) makes one.
///
/// Wraps the kernel's `struct bpf_struct_ops`
/// ([`include/linux/bpf.h`](srctree/include/linux/bpf.h)).
///
/// # Examples
///
/// ```
/// use struct_ops::{Descriptor, StructOps};
///
/// #[struct_ops]
/// struct DoorOps {
///     open: fn(),
/// }
///
/// # impl StructOpsType for DoorOps {}
/// # fn example() -> Result {
/// let descriptor: &'static Descriptor<DoorOps> = DoorOps::descriptor();
/// # let _ = descriptor;
/// # Ok(())
/// # }
/// ```
#[repr(transparent)]
pub struct Descriptor<T>(level::Definition, PhantomData<fn() -> T>);

impl<T: StructOpsType> Descriptor<T> {
    /// Describes `T`.
    #[expect(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        let mut st_ops = Callbacks::<T>::describe();
        st_ops.owner = T::OWNER;
        st_ops.name = kernel::str::as_char_ptr_in_const_context(T::NAME);
        Self(level::Definition::new(st_ops), PhantomData)
    }
}

impl<T> Descriptor<T> {
    /// What the registry of the kernel knows the type by.
    pub(crate) fn definition(&'static self) -> &'static level::Definition {
        &self.0
    }
}

/// A type that is registered.
///
/// Dropping it unregisters the type: user space can no longer find it, maps that exist keep working
/// until they go (and keep the module until then).
///
/// A kernel without the series cannot do that: there the type can be found until the module goes, and
/// it is registered while the module is being loaded.
///
/// # Examples
///
/// ```
/// #[struct_ops]
/// struct ValveOps {
///     turn: fn(degrees: i32) -> i32,
/// }
///
/// impl StructOpsType for ValveOps {}
///
/// # fn example() -> Result {
/// let registration = KBox::pin_init(Registration::<ValveOps>::new(), GFP_KERNEL)?;
/// // User space can create maps of the type `valve_ops`.
/// let again = KBox::pin_init(Registration::<ValveOps>::new(), GFP_KERNEL);
/// assert_eq!(again.err(), Some(EEXIST));
/// drop(registration);
/// // It can no longer, and the type may be registered again.
/// KBox::pin_init(Registration::<ValveOps>::new(), GFP_KERNEL)?;
/// # Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// The descriptor of `T` is registered.
#[pin_data(PinnedDrop)]
pub struct Registration<T: StructOpsType> {
    #[pin]
    _pin: PhantomPinned,
    // It owns no `T`: any thread may hold it, and drop it.
    _type: PhantomData<fn() -> T>,
}

impl<T: StructOpsType> Registration<T> {
    /// Registers a type. May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: the module has registered a type of this name already.
    /// - `ENODATA`: the module has no usable BTF.
    /// - `EINVAL`: [`StructOpsType::init`] has failed.
    /// - `EBUSY`: on a kernel without the series, the module is loaded already, or registers another
    ///   type right now.
    /// - `ENOMEM`.
    ///
    /// The log says more.
    pub fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: If this succeeds, the descriptor is registered.
            _: { Self::register()? },
            _pin: PhantomPinned,
            _type: PhantomData,
        })
    }

    /// The same for a field, see [`Register`].
    #[doc(hidden)]
    pub fn field() -> Register<T> {
        Register(PhantomData)
    }

    fn register() -> Result {
        let result = level::register::<T>(T::descriptor().definition());
        report(T::NAME, &result);
        result
    }
}

/// The registry has said why.
fn report(name: &CStr, result: &Result) {
    if let Err(error) = result {
        pr_err!("cannot register {name}: {error:?}\n");
    }
}

/// [`Registration::new`] for `field <- …`, with `#[pin]` before the field.
///
/// It has a name for the sake of messages: without `#[pin]`, `pin_init` asks for an [`Init`] of it. Where
/// no field says what is initialised, rustc could not tell: every type is an initialiser of itself.
#[doc(hidden)]
#[must_use = "an initialiser does nothing until it initialises something"]
pub struct Register<T>(PhantomData<fn() -> T>);

// SAFETY: This is the initialiser of `new()`, which fulfils what is asked for.
unsafe impl<T: StructOpsType> PinInit<Registration<T>, Error> for Register<T> {
    unsafe fn __init(self, slot: *mut Registration<T>) -> Result {
        // SAFETY: Our caller promises what this asks for.
        unsafe { Registration::<T>::new().__init(slot) }
    }
}

/// A type that need not be pinned: nothing is one, and no other crate can name this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has to be pinned",
    label = "needs `#[pin]` before its field",
    note = "put `#[pin]` before the field, and `#[pin_data]` before the struct"
)]
#[doc(hidden)]
pub trait NeedNotBePinned {}

// SAFETY: No type fulfils the bound, so this is never used.
unsafe impl<T: StructOpsType> Init<Registration<T>, Error> for Register<T> where
    Registration<T>: NeedNotBePinned
{
}

#[pinned_drop]
impl<T: StructOpsType> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        level::unregister::<T>(T::descriptor().definition());
    }
}

/// Registers a struct_ops type.
///
/// Returns an initialiser of a [`Registration`], with `kernel::error::Error` as error type.
///
/// # Examples
///
/// ```
/// #[struct_ops]
/// struct RelayOps {
///     set: fn(on: bool),
/// }
///
/// impl StructOpsType for RelayOps {}
///
/// #[pin_data]
/// struct Relay {
///     #[pin]
///     _ops: Registration<RelayOps>,
/// }
///
/// impl Relay {
///     fn new() -> impl PinInit<Self, Error> {
///         try_pin_init!(Self { _ops <- register_struct_ops!(RelayOps) })
///     }
/// }
/// #
/// # fn example() -> Result {
/// #     KBox::pin_init(Relay::new(), GFP_KERNEL).map(drop)
/// # }
/// ```
///
/// # Expansion
///
/// What [`Registration::new`] makes of the type, for a field with `#[pin]`.
#[macro_export]
macro_rules! register_struct_ops {
    ($type:ty) => {
        $crate::Registration::<$type>::field()
    };
}
