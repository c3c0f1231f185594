// SPDX-License-Identifier: GPL-2.0

//! Enums that programs know as well.

use super::{
    taken,
    CType,
    KfuncArgument,
    Output,
    Return,
    Spelling, //
};
use crate::code::Content;
use core::marker::PhantomData;

/// An enum with [`#[c_enum]`](macro@crate::c_enum).
///
/// # Examples
///
/// ```
/// use struct_ops::CEnum;
///
/// #[c_enum]
/// enum Colour {
///     Red = 1,
///     Green,
/// }
///
/// # fn example() -> Result {
/// assert!(matches!(Colour::from_number(2), Some(Colour::Green)));
/// assert!(Colour::from_number(0).is_none());
/// assert_eq!(Colour::Red.number(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// C passes a `Passed` as an enum of this name, of which kCFI hashes the name. Any bits are a `Passed`.
#[diagnostic::on_unimplemented(
    message = "C and programs do not know the enum `{Self}`",
    note = "put `#[c_enum]` before it"
)]
pub unsafe trait CEnum: CType + Send + Sync {
    /// What C passes.
    #[doc(hidden)]
    type Passed;

    /// The variant with this number in C, if there is one. A negative number is that of the same bits.
    fn from_number(number: u32) -> Option<Self>;

    /// Its number in C.
    fn number(self) -> u32;

    /// Its bits in what C passes.
    #[doc(hidden)]
    fn bits(raw: Self::Passed) -> u32;
}

/// Values of an enum that are or-ed, as a kfunc takes them.
///
/// Any bits are possible: a program can pass what it likes.
///
/// # Examples
///
/// ```
/// use struct_ops::Flags;
///
/// #[c_enum]
/// enum Topping {
///     Salt = 1,
///     Sugar = 2,
/// }
///
/// /// 0 for what nobody would eat.
/// #[kfunc(syscall)]
/// fn example_order(toppings: Flags<Topping>) -> u32 {
///     let both = toppings.has(Topping::Salt) && toppings.has(Topping::Sugar);
///     u32::from(toppings.are_known() && !both)
/// }
/// ```
pub struct Flags<E: CEnum> {
    bits: u32,
    _enum: PhantomData<E>,
}

impl<E: CEnum> Flags<E> {
    /// The number in C.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Are all bits of this value there?
    pub fn has(&self, flag: E) -> bool {
        let flag = flag.number();
        self.bits & flag == flag
    }

    /// Is each bit a value of the enum?
    pub fn are_known(&self) -> bool {
        let mut bits = (0..u32::BITS).map(|bit| self.bits & 1 << bit);
        bits.all(|bit| bit == 0 || E::from_number(bit).is_some())
    }
}

// SAFETY: A program passes any number, and any is one.
unsafe impl<'a, E: CEnum> KfuncArgument<'a> for Flags<E> {
    type Raw = E::Passed;
    type Held = Self;

    const C: Spelling = <E as CType>::C;

    #[inline]
    unsafe fn hold(raw: E::Passed) -> Option<Self> {
        Some(Self {
            bits: E::bits(raw),
            _enum: PhantomData,
        })
    }

    #[inline]
    fn lend(held: &'a mut Option<Self>) -> Self {
        taken(held)
    }
}

/// Are these bytes those of a variant?
#[doc(hidden)]
pub fn is_value<E: CEnum>(bytes: &[u8]) -> bool {
    match bytes.try_into() {
        Ok(bytes) => E::from_number(u32::from_ne_bytes(bytes)).is_some(),
        Err(_) => false,
    }
}

// SAFETY: It is a number in C, and any bits are a `Passed`.
unsafe impl<E: CEnum> Output for Option<E> {
    type Raw = E::Passed;

    const C: Spelling = <E as CType>::C;
    const STUB: &'static str = "0";
    const CONTENT: Content = Content::Scalar;
}

impl<E: CEnum> Return for Option<E> {
    #[inline]
    unsafe fn from_raw(raw: E::Passed) -> Self {
        E::from_number(E::bits(raw))
    }
}
