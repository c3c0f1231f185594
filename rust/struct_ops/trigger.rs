// SPDX-License-Identifier: GPL-2.0

//! Files in sysfs by which user space triggers something.

use core::marker::{
    PhantomData,
    PhantomPinned, //
};
use kernel::{
    bindings,
    error::{
        from_result,
        to_result, //
    },
    prelude::*, //
};

/// A file in `/sys/kernel` whose reading has an effect, and gives nothing.
///
/// For modules that let user space have a program called; the `kernel` crate has no files in sysfs
/// yet.
///
/// ```
/// struct Poke;
///
/// impl Trigger for Poke {
///     const NAME: &'static CStr = c"struct_ops_poke";
///
///     fn trigger() -> Result {
///         pr_info!("poked\n");
///         Ok(())
///     }
/// }
/// ```
pub trait Trigger: 'static {
    /// The name of the file.
    const NAME: &'static CStr;

    /// Called when the file is read; an error is that of `read()`. May sleep.
    fn trigger() -> Result;
}

/// What sysfs has to know about a file.
///
/// sysfs and lockdep keep pointers to it, so it has to be a static of the module:
/// [`create_trigger!`](crate::create_trigger) makes one.
///
/// Wraps the kernel's `struct bin_attribute`
/// ([`include/linux/sysfs.h`](srctree/include/linux/sysfs.h)).
///
/// ```
/// use struct_ops::TriggerAttribute;
///
/// struct Push;
///
/// impl Trigger for Push {
///     const NAME: &'static CStr = c"struct_ops_push";
///
///     fn trigger() -> Result {
///         Ok(())
///     }
/// }
///
/// static ATTRIBUTE: TriggerAttribute<Push> = TriggerAttribute::new();
///
/// # fn example() -> Result {
/// KBox::pin_init(TriggerFile::new(&ATTRIBUTE), GFP_KERNEL)?; // and removes it again
/// # Ok(())
/// # }
/// ```
#[repr(transparent)]
pub struct TriggerAttribute<T>(bindings::bin_attribute, PhantomData<T>);

// SAFETY: Nobody writes to it.
unsafe impl<T> Sync for TriggerAttribute<T> {}

impl<T: Trigger> TriggerAttribute<T> {
    /// Describes the file of `T`.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        let mut attribute: bindings::bin_attribute = pin_init::zeroed();
        attribute.attr.name = kernel::str::as_char_ptr_in_const_context(T::NAME);
        attribute.attr.mode = 0o444;
        attribute.read = Some(Self::read);
        Self(attribute, PhantomData)
    }

    /// # Safety
    ///
    /// None beyond being called by sysfs.
    unsafe extern "C" fn read(
        _file: *mut bindings::file,
        _kobj: *mut bindings::kobject,
        _attribute: *const bindings::bin_attribute,
        _buffer: *mut c_char,
        _offset: bindings::loff_t,
        _size: usize,
    ) -> isize {
        from_result(|| T::trigger().map(|()| 0))
    }
}

/// A file that exists.
///
/// Dropping it removes the file, and waits for readers.
///
/// ```
/// struct Pull;
///
/// impl Trigger for Pull {
///     const NAME: &'static CStr = c"struct_ops_pull";
///
///     fn trigger() -> Result {
///         Err(ENXIO)
///     }
/// }
///
/// #[pin_data]
/// struct Lever {
///     #[pin]
///     _file: TriggerFile<Pull>,
/// }
///
/// # fn example() -> Result {
/// KBox::pin_init(try_pin_init!(Lever { _file <- create_trigger!(Pull) }), GFP_KERNEL)?;
/// # Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// There is a file for `attribute` in `/sys/kernel`.
#[pin_data(PinnedDrop)]
pub struct TriggerFile<T: Trigger> {
    attribute: &'static TriggerAttribute<T>,
    #[pin]
    _pin: PhantomPinned,
}

impl<T: Trigger> TriggerFile<T> {
    /// Creates the file. May sleep.
    ///
    /// # Errors
    ///
    /// `EEXIST` if there is one of this name, `ENOMEM`.
    pub fn new(attribute: &'static TriggerAttribute<T>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: Created by `create()`.
            attribute: Self::create(attribute)?,
            _pin: PhantomPinned,
        })
    }

    fn kobject() -> *mut bindings::kobject {
        // SAFETY: The kernel sets it before there are modules.
        unsafe { bindings::kernel_kobj }
    }

    fn create(attribute: &'static TriggerAttribute<T>) -> Result<&'static TriggerAttribute<T>> {
        // SAFETY: The directory is always there. The attribute and its name are static.
        to_result(unsafe {
            bindings::sysfs_create_bin_file(Self::kobject(), &raw const attribute.0)
        })?;
        Ok(attribute)
    }
}

#[pinned_drop]
impl<T: Trigger> PinnedDrop for TriggerFile<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariants, this is a file of that directory.
        unsafe {
            bindings::sysfs_remove_bin_file(Self::kobject(), &raw const self.attribute.0);
        }
    }
}

/// Creates the file of a [`Trigger`].
///
/// Returns an initialiser of a [`TriggerFile`], with `kernel::error::Error` as error type.
///
/// ```
/// struct Ring;
///
/// impl Trigger for Ring {
///     const NAME: &'static CStr = c"struct_ops_ring";
///
///     fn trigger() -> Result {
///         Ok(())
///     }
/// }
///
/// # fn example() -> Result {
/// let file = KBox::pin_init(create_trigger!(Ring), GFP_KERNEL)?;
/// // Reading `/sys/kernel/struct_ops_ring` calls `trigger`, until:
/// drop(file);
/// # Ok(())
/// # }
/// ```
///
/// # Expansion
///
/// A static [`TriggerAttribute`], and [`TriggerFile::new`] of that.
#[macro_export]
macro_rules! create_trigger {
    ($type:ty) => {{
        static ATTRIBUTE: $crate::TriggerAttribute<$type> = $crate::TriggerAttribute::new();
        $crate::TriggerFile::<$type>::new(&ATTRIBUTE)
    }};
}
