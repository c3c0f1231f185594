// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/bpf_testmod`, which the kernel's selftests read to have the module do something.
//!
//! A part of `samples/testmod`, but not a sample: the `kernel` crate has nothing for sysfs, and the
//! tests want this very path. A module of your own takes a file in debugfs (`kernel::debugfs`, as in
//! Documentation/tutorial.md) or a device (`kernel::miscdevice`, as in `samples/quota`).

#![expect(unsafe_code, reason = "there is no safe way to sysfs")]

use super::ops3;
use core::marker::PhantomPinned;
use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// What the kernel knows of the file. It keeps a pointer to it, so it is static.
#[repr(transparent)]
struct Attribute(bindings::bin_attribute);

// SAFETY: Nobody writes to it.
unsafe impl Sync for Attribute {}

static ATTRIBUTE: Attribute = {
    let mut attribute: bindings::bin_attribute = pin_init::zeroed();
    attribute.attr.name = kernel::str::as_char_ptr_in_const_context(c"bpf_testmod");
    attribute.attr.mode = 0o444;
    attribute.read = Some(read);
    Attribute(attribute)
};

/// # Safety
///
/// None: it looks at no argument.
unsafe extern "C" fn read(
    _file: *mut bindings::file,
    _kobj: *mut bindings::kobject,
    _attribute: *const bindings::bin_attribute,
    _buffer: *mut c_char,
    _offset: bindings::loff_t,
    _size: usize,
) -> isize {
    ops3::file_is_read();
    0
}

/// The file.
///
/// # Invariants
///
/// `ATTRIBUTE` is a file of `kernel_kobj`.
#[pin_data(PinnedDrop)]
pub(crate) struct TestFile {
    #[pin]
    _pin: PhantomPinned,
}

fn directory() -> *mut bindings::kobject {
    // SAFETY: The kernel sets it before there are modules.
    unsafe { bindings::kernel_kobj }
}

fn create() -> Result {
    // SAFETY: The directory is always there. The attribute and its name are static.
    to_result(unsafe { bindings::sysfs_create_bin_file(directory(), &raw const ATTRIBUTE.0) })
}

impl TestFile {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: If this succeeds, the file is there.
            _: { create()? },
            _pin: PhantomPinned,
        })
    }
}

#[pinned_drop]
impl PinnedDrop for TestFile {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariants, this is a file of that directory.
        unsafe { bindings::sysfs_remove_bin_file(directory(), &raw const ATTRIBUTE.0) };
    }
}
