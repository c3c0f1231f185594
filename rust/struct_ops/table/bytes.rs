// SPDX-License-Identifier: GPL-2.0

//! Memory of some length that programs and the module both write to.

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ops::Deref,
    ptr, //
};
use kernel::{
    prelude::*,
    str::CString, //
};

/// Memory of some length that programs share with the module.
///
/// A kfunc takes it as `&SharedBytes`; in C these are two arguments, `void *x` and `u32 x__sz`, and the
/// verifier looks that there is as much. As for [`Shared`](crate::Shared), nobody can say who else reads or
/// writes it at the same time, so it is copied, not borrowed.
///
/// # Examples
///
/// ```
/// /// Puts a greeting into the program's buffer; returns how long it is.
/// #[kfunc(syscall)]
/// fn example_greet(buffer: &SharedBytes) -> i32 {
///     let greeting = b"hello";
///     buffer.write(0, greeting).map_or_else(Error::to_errno, |()| greeting.len() as i32)
/// }
/// ```
///
/// # Invariants
///
/// The memory is valid for reads and writes, and not that of a `&T` or `&mut T`.
#[repr(transparent)]
pub struct SharedBytes(UnsafeCell<[MaybeUninit<u8>]>);

impl SharedBytes {
    /// Wraps what a program has passed.
    ///
    /// # Safety
    ///
    /// The type invariants hold for `len` bytes at `data` during `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw<'a>(data: *mut u8, len: usize) -> &'a Self {
        let bytes = ptr::slice_from_raw_parts(data.cast::<MaybeUninit<u8>>(), len);
        // SAFETY: `Self` is a transparent wrapper. The caller promises the rest.
        // INVARIANT: By the safety requirements of this function.
        unsafe { &*(bytes as *const Self) }
    }

    /// How many bytes there are.
    #[inline]
    pub fn size(&self) -> usize {
        self.0.get().len()
    }

    /// Those from `at` on; [`None`] if it is not in them.
    #[inline]
    pub fn from_offset(&self, at: usize) -> Option<&Self> {
        let len = self.size().checked_sub(at)?;
        let start = self.start().wrapping_add(at);
        // SAFETY: It is a part of this memory, of which the type invariants hold.
        Some(unsafe { Self::from_raw(start, len) })
    }

    /// Where they begin.
    #[inline]
    pub(crate) fn start(&self) -> *mut u8 {
        self.0.get().cast()
    }

    /// Where `len` bytes are, from `at` on.
    #[inline]
    fn part(&self, at: usize, len: usize) -> Result<*mut u8> {
        if at.checked_add(len).is_none_or(|end| end > self.size()) {
            return Err(EINVAL);
        }
        Ok(self.start().wrapping_add(at))
    }

    /// Copies bytes from `at` on; `EINVAL` if there are not as many.
    ///
    /// Whoever else has the memory may write to it at the same time: each byte is the old one or the new
    /// one.
    #[inline]
    pub fn read(&self, at: usize, to: &mut [u8]) -> Result {
        let from = self.part(at, to.len())?;
        for (i, to) in to.iter_mut().enumerate() {
            // SAFETY: By the type invariants, these bytes are valid for reads.
            *to = unsafe { from.wrapping_add(i).read_volatile() };
        }
        Ok(())
    }

    /// Writes bytes from `at` on, as [`SharedBytes::read`] reads them.
    #[inline]
    pub fn write(&self, at: usize, from: &[u8]) -> Result {
        let to = self.part(at, from.len())?;
        for (i, from) in from.iter().enumerate() {
            // SAFETY: By the type invariants, these bytes are valid for writes.
            unsafe { to.wrapping_add(i).write_volatile(*from) };
        }
        Ok(())
    }
}

/// Text in memory that programs share with the module: in C `const char *x` and `u32 x__sz`.
///
/// # Examples
///
/// ```
/// use struct_ops::SharedText;
///
/// /// Logs what a program says.
/// #[kfunc(syscall, sleepable)]
/// fn example_say(text: &SharedText) -> i32 {
///     match text.to_cstring(64) {
///         Ok(text) => pr_info!("{}\n", &*text),
///         Err(error) => return error.to_errno(),
///     }
///     0
/// }
/// ```
#[repr(transparent)]
pub struct SharedText(SharedBytes);

impl SharedText {
    /// Wraps what a program has passed.
    #[inline]
    pub(crate) fn from_bytes(bytes: &SharedBytes) -> &Self {
        // SAFETY: It is a transparent wrapper.
        unsafe { &*(ptr::from_ref(bytes) as *const Self) }
    }

    /// Copies the text up to its NUL; `EINVAL` if there is none in the memory, `ENAMETOOLONG` if the text and
    /// its NUL take more than `max` bytes. May sleep.
    #[inline]
    pub fn to_cstring(&self, max: usize) -> Result<CString> {
        let mut text = KVec::new();
        let mut byte = [0];
        while text.len() < max {
            self.0.read(text.len(), &mut byte)?;
            text.push(byte[0], GFP_KERNEL)?;
            if byte[0] == 0 {
                let text = CStr::from_bytes_with_nul(&text).map_err(|_| EINVAL)?;
                return Ok(text.try_into()?);
            }
        }
        Err(ENAMETOOLONG)
    }
}

/// [`SharedBytes`] of the module's own.
///
/// # Examples
///
/// ```
/// use struct_ops::SharedArray;
///
/// static LINE: SharedArray<64> = SharedArray::new(*b"................................................................");
///
/// fn clear(at: usize) -> Result {
///     LINE.write(at, b" ")
/// }
/// ```
#[repr(transparent)]
pub struct SharedArray<const N: usize>(UnsafeCell<[MaybeUninit<u8>; N]>);

// SAFETY: These are bytes, which are read and written as memory that others have as well.
unsafe impl<const N: usize> Send for SharedArray<N> {}
// SAFETY: As for `Send`.
unsafe impl<const N: usize> Sync for SharedArray<N> {}

impl<const N: usize> SharedArray<N> {
    /// Makes one.
    pub const fn new(bytes: [u8; N]) -> Self {
        let mut array = [MaybeUninit::uninit(); N];
        let mut i = 0;
        while i < N {
            array[i] = MaybeUninit::new(bytes[i]);
            i += 1;
        }
        Self(UnsafeCell::new(array))
    }
}

impl<const N: usize> Deref for SharedArray<N> {
    type Target = SharedBytes;

    fn deref(&self) -> &SharedBytes {
        // SAFETY: The memory is there as long as `self`, is in an `UnsafeCell`, and nobody has a `&u8`
        // or `&mut u8` of it.
        unsafe { SharedBytes::from_raw(self.0.get().cast(), N) }
    }
}
