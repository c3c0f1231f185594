// SPDX-License-Identifier: GPL-2.0

//! Fields of structs that a module shares with programs.

use crate::{
    CStruct,
    Shared, //
};
use core::{
    marker::PhantomData,
    mem::size_of,
    ptr, //
};

mod sealed {
    pub trait Sealed {}
}

/// An integer: a field that can be read and written as a whole. Any bytes are a value of it.
///
/// ```
/// use struct_ops::{Field, Integer};
///
/// #[c_struct]
/// struct Meter {
///     value: u32,
/// }
///
/// fn reset<V: Integer + Default>(meter: &Shared<Meter>, field: Field<Meter, V>) {
///     meter.write(field, V::default());
/// }
/// ```
pub trait Integer: Copy + sealed::Sealed + 'static {}

macro_rules! integers {
    ($($ty:ty)*) => {
        $(
            impl sealed::Sealed for $ty {}
            impl Integer for $ty {}
        )*
    };
}
integers!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize);

/// A field of `T` that is a `V`. [`field!`](crate::field) makes it.
///
/// ```
/// use struct_ops::Field;
///
/// #[c_struct]
/// struct Gauge {
///     low: u32,
///     high: u32,
/// }
///
/// const HIGH: Field<Gauge, u32> = field!(Gauge, high);
/// const _: () = assert!(HIGH.offset() == 4);
/// ```
///
/// # Invariants
///
/// A `T` has a `V` at `offset`.
pub struct Field<T: CStruct, V: Integer> {
    offset: usize,
    _types: PhantomData<fn(T) -> V>,
}

impl<T: CStruct, V: Integer> Field<T, V> {
    /// Names a field. For [`field!`](crate::field): `_get` gives the type of the field.
    ///
    /// # Safety
    ///
    /// The type invariants hold for `offset`.
    #[doc(hidden)]
    pub const unsafe fn new(offset: usize, _get: fn(&T) -> &V) -> Self {
        // INVARIANT: By the safety requirements of this function.
        Self {
            offset,
            _types: PhantomData,
        }
    }

    /// Where it lies in the struct, in bytes.
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// Names a field of a struct with [`#[c_struct]`](macro@crate::c_struct): an integer.
///
/// ```
/// #[c_struct]
/// struct Purse {
///     coins: u64,
/// }
///
/// /// Takes a coin; 0 if there was none.
/// #[kfunc(struct_ops)]
/// fn example_take(purse: &Shared<Purse>) -> u64 {
///     let coins = purse.read(field!(Purse, coins));
///     purse.write(field!(Purse, coins), coins.saturating_sub(1));
///     coins.min(1)
/// }
/// ```
#[macro_export]
macro_rules! field {
    ($type:ty, $field:ident) => {
        // SAFETY: The function says that the field at this offset has this type.
        unsafe {
            $crate::Field::new(::core::mem::offset_of!($type, $field), |from: &$type| {
                &from.$field
            })
        }
    };
}

impl<T: CStruct> Shared<T> {
    fn field<V: Integer>(&self, field: &Field<T, V>) -> *mut [u8; 0] {
        // SAFETY: By the type invariants of `Field`, the field lies in the struct.
        unsafe {
            ptr::from_ref(self)
                .cast_mut()
                .cast::<u8>()
                .add(field.offset)
        }
        .cast()
    }

    /// Reads a field.
    ///
    /// Whoever else has the memory may write to it at the same time. If it is not aligned, the
    /// value may then be a mix of the old one and the new one.
    #[inline]
    pub fn read<V: Integer>(&self, field: Field<T, V>) -> V {
        let from = self.field(&field).cast::<V>();
        if from.is_aligned() {
            // SAFETY: By the type invariants, the memory is valid for reads. Any bytes are a `V`.
            return unsafe { from.read_volatile() };
        }
        let mut value = core::mem::MaybeUninit::<V>::uninit();
        for i in 0..size_of::<V>() {
            // SAFETY: As above; bytes are always aligned.
            let byte = unsafe { from.cast::<u8>().add(i).read_volatile() };
            // SAFETY: The byte lies in `value`.
            unsafe { value.as_mut_ptr().cast::<u8>().add(i).write(byte) };
        }
        // SAFETY: All bytes have been written, and any bytes are a `V`.
        unsafe { value.assume_init() }
    }

    /// Writes a field, as [`Shared::read`] reads it.
    #[inline]
    pub fn write<V: Integer>(&self, field: Field<T, V>, value: V) {
        let to = self.field(&field).cast::<V>();
        if to.is_aligned() {
            // SAFETY: By the type invariants, the memory is valid for writes, and nobody takes it for
            // immutable.
            return unsafe { to.write_volatile(value) };
        }
        for i in 0..size_of::<V>() {
            // SAFETY: The byte lies in `value`; an integer has no padding.
            let byte = unsafe { ptr::from_ref(&value).cast::<u8>().add(i).read() };
            // SAFETY: As for the aligned case; bytes are always aligned.
            unsafe { to.cast::<u8>().add(i).write_volatile(byte) };
        }
    }
}
