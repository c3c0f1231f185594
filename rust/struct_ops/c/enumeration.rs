// SPDX-License-Identifier: GPL-2.0

//! Enums that programs know as well.

use super::{
    CType,
    Output,
    Return,
    Spelling, //
};
use crate::code::Content;

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

    /// Takes what C passes.
    #[doc(hidden)]
    fn from_raw(raw: Self::Passed) -> Option<Self>;
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
        E::from_raw(raw)
    }
}
