// SPDX-License-Identifier: GPL-2.0

//! Names in tables.

use super::{
    CType,
    Spelling,
    Text, //
};
use kernel::prelude::*;

/// A name that user space gives a table: `char name[N]` in C.
///
/// It has at least one letter and fewer than `N`, all of them alphanumeric, `_` or `.`, as
/// `bpf_obj_name_cpy()` wants it. A table with another is refused, and the log names the member.
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = MIXERS)]
/// struct MixerOps {
///     name: Name<16>,
///     mix: fn(a: u32, b: u32) -> u32,
/// }
///
/// /// Two of one name are refused.
/// static MIXERS: Many<MixerOps, 8, Counted> = Many::unique(|one, two| one.name() == two.name());
/// # impl StructOpsType for MixerOps {}
///
/// struct Channel(Handle<MixerOps>);
///
/// fn open(name: &CStr) -> Result<Channel> {
///     MIXERS.get(|mixer| mixer.name() == name).map(Channel).ok_or(ENOENT)
/// }
/// #
/// # fn example() -> Result {
/// #     assert!(open(c"none").is_err());
/// #     Ok(())
/// # }
/// ```
#[repr(transparent)]
pub struct Name<const N: usize>([u8; N]);

/// Is it a name?
#[inline]
fn is_name(bytes: &[u8]) -> bool {
    let Some(len) = bytes.iter().position(|byte| *byte == 0) else {
        return false;
    };
    let (name, rest) = bytes.split_at(len);
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    len > 0 && name.iter().all(letter) && rest.iter().all(|byte| *byte == 0)
}

// SAFETY: C lays out arrays as Rust does, and a `char` is a byte. Any bytes are a `Self`.
unsafe impl<const N: usize> CType for Name<N> {
    const C: Spelling = Spelling {
        definition: Text::NOTHING,
        before: Text::Str("char "),
        after: Text::Parts(&[Text::Str("["), Text::Number(N), Text::Str("]")]),
    };
    const CHECK: Option<fn(&[u8]) -> bool> = Some(is_name);

    type Raw = Self;
    type Read<'a> = &'a CStr;

    #[inline]
    unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
        // SAFETY: By the safety requirements of this function; any bytes are a `Self`.
        let bytes = unsafe { &(*raw).0 };
        // `CHECK` has found where it ends.
        CStr::from_bytes_until_nul(bytes).unwrap_or(c"")
    }
}
