// SPDX-License-Identifier: GPL-2.0

//! Memory that a kfunc lends to the program that calls.

use super::{
    KfuncArgument,
    KfuncOutput,
    Role, //
};
use crate::{
    c::{
        CType,
        Spelling, //
    },
    SharedBytes, //
};
use core::{
    marker::PhantomData,
    ptr, //
};

/// How much memory a program wants from a kfunc.
///
/// It is a number that the verifier knows, and what it lets the program use. So a [`Lent`] has at least
/// as many bytes, and comes from here only.
///
/// # Examples
///
/// ```
/// use struct_ops::{BufSize, Lent, SharedArray};
///
/// #[c_struct(opaque)]
/// struct Telegram {
///     data: SharedArray<64>,
/// }
///
/// #[struct_ops]
/// struct TelegraphOps {
///     relay: fn(telegram: &Telegram) -> i32,
/// }
/// # impl StructOpsType for TelegraphOps {}
///
/// /// The bytes of a telegram from `offset` on: `u8 *data = example_data(report, 8, 4);`
/// #[kfunc(only(TelegraphOps))]
/// fn example_data<'a>(telegram: &'a Telegram, offset: u32, size: &'a BufSize) -> Option<Lent<'a>> {
///     size.lend(telegram.data.from_offset(offset as usize)?)
/// }
/// ```
///
/// # Invariants
///
/// The verifier has taken it for the size of what the call returns.
pub struct BufSize(u64);

impl BufSize {
    /// The number.
    pub fn bytes(&self) -> usize {
        self.0 as usize
    }

    /// Lends the first of these bytes; [`None`] if there are not as many as the program wants.
    pub fn lend<'a>(&'a self, bytes: &'a SharedBytes) -> Option<Lent<'a>> {
        // INVARIANT: There are as many.
        (bytes.size() >= self.bytes()).then_some(Lent(bytes.start(), PhantomData))
    }
}

/// Memory that a program may read and write until it ends, or gives back what it is in.
///
/// # Examples
///
/// ```
/// use struct_ops::{BufSize, Lent, SharedArray};
///
/// static BOARD: SharedArray<16> = SharedArray::new([0; 16]);
///
/// /// Where programs leave notes for each other.
/// #[kfunc(struct_ops)]
/// fn example_board(size: &BufSize) -> Option<Lent<'_>> {
///     size.lend(&BOARD)
/// }
/// ```
///
/// # Invariants
///
/// It has as many bytes as the [`BufSize`] of the same call. These are of a [`SharedBytes`] that is there
/// as long as an argument, or always.
pub struct Lent<'a>(*mut u8, PhantomData<&'a SharedBytes>);

// SAFETY: It is a number for the verifier, which has to know it, by the name that `Role::Size` gives it.
unsafe impl<'a> KfuncArgument<'a> for &'a BufSize {
    type Raw = u64;
    type Held = BufSize;

    const C: Spelling = <u64 as CType>::C;
    const ROLE: Role = Role::Size;

    #[inline]
    unsafe fn hold(raw: u64) -> Option<BufSize> {
        // INVARIANT: The caller promises that the verifier has accepted it.
        Some(BufSize(raw))
    }

    #[inline]
    fn lend(held: &'a mut Option<BufSize>) -> Self {
        match held {
            Some(held) => held,
            None => unreachable!(),
        }
    }
}

// SAFETY: The verifier lets the program use as many bytes as the `BufSize` says. By `Role::check()` there
// is one, and all arguments from which memory can be borrowed are there until the program ends, or gives
// them back, after which the verifier does not let it use the memory.
unsafe impl<'a> KfuncOutput for Option<Lent<'a>> {
    type Raw = *mut u8;

    const C: Spelling = Spelling::builtin("u8 *");
    const FLAGS: &'static str = " | KF_RET_NULL";
    const REFUSED: *mut u8 = ptr::null_mut();
    const LENDS: bool = true;

    #[inline]
    fn into_raw(self) -> *mut u8 {
        self.map_or(ptr::null_mut(), |lent| lent.0)
    }
}
