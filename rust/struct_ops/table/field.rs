// SPDX-License-Identifier: GPL-2.0

//! Fields of structs that a module shares with programs.

use crate::{
    Bool,
    CStruct,
    Plain, //
};
use core::marker::PhantomData;

mod sealed {
    pub trait Sealed {}
}

/// An integer or a [`Bool`]: a field that can be read and written as a whole. Any bytes are a value of it.
///
/// # Examples
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
pub trait Integer: Copy + Plain + sealed::Sealed {}

macro_rules! integers {
    ($($ty:ty)*) => {
        $(
            impl sealed::Sealed for $ty {}
            impl Integer for $ty {}
        )*
    };
}
integers!(u8 i8 u16 i16 u32 i32 u64 i64 usize isize Bool);

/// A field of `T` that is a `V`. [`field!`](crate::field) makes it.
///
/// # Examples
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
    /// Names a field. For [`field!`](crate::field): `_get` gives the type of the field. That are raw
    /// pointers, for references would become such to what the field dereferences to.
    ///
    /// # Safety
    ///
    /// The type invariants hold for `offset`.
    #[doc(hidden)]
    pub const unsafe fn new(offset: usize, _get: fn(*const T) -> *const V) -> Self {
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

/// Names a field of a struct with [`#[c_struct]`](macro@crate::c_struct): an integer, or a
/// [`Bool`](crate::Bool).
///
/// # Examples
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
    ($type:ty, $field:ident) => {{
        let get = |from: *const $type| {
            // SAFETY: This is not called.
            unsafe { &raw const (*from).$field }
        };
        // SAFETY: `get` says that the field at this offset has this type.
        unsafe { $crate::Field::new(::core::mem::offset_of!($type, $field), get) }
    }};
}
