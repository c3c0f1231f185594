// SPDX-License-Identifier: GPL-2.0

//! C source that is put together while a crate is compiled.

use kernel::prelude::*;

/// C source: a tree, so that constants of types can be parts of others.
///
/// [`unit!`](crate::unit) makes a part of the module's C unit out of it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Text {
    /// As it stands.
    Str(&'static str),
    /// A name that the kernel wants as a C string as well.
    Name(&'static CStr),
    /// In decimal.
    Number(usize),
    /// One after the other.
    Parts(&'static [Text]),
    /// Nothing, unless the condition holds.
    If(bool, &'static Text),
}

/// How C declares something: `BEFORE name AFTER`, when it has read `DEFINITION`.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Spelling {
    /// Headers and structs, which may come more than once.
    pub definition: Text,
    /// What stands before the name, with a blank at its end unless it ends in `*`.
    pub before: Text,
    /// What stands behind it.
    pub after: Text,
}

impl Spelling {
    /// A type that C has from the start.
    #[inline]
    pub const fn builtin(before: &'static str) -> Self {
        Self {
            definition: Text::NOTHING,
            before: Text::Str(before),
            after: Text::NOTHING,
        }
    }
}

impl Text {
    /// No text.
    pub const NOTHING: Self = Self::Str("");

    /// A number that stands for `text` (FNV-1a), less than `INTMAX_MAX` of the preprocessor.
    #[inline]
    pub const fn id(text: &str) -> usize {
        let (text, mut hash, mut i) = (text.as_bytes(), 0xcbf2_9ce4_8422_2325, 0);
        while i < text.len() {
            hash = (hash ^ text[i] as u64).wrapping_mul(0x100_0000_01b3);
            i += 1;
        }
        (hash >> 1) as usize
    }

    /// How many bytes it has.
    #[inline]
    pub const fn size(&self) -> usize {
        match self {
            Self::Str(text) => text.len(),
            Self::Name(name) => name.count_bytes(),
            Self::Number(number) => digits(*number),
            Self::If(false, _) => 0,
            Self::If(true, text) => text.size(),
            Self::Parts(parts) => {
                let (mut i, mut size) = (0, 0);
                while i < parts.len() {
                    size += parts[i].size();
                    i += 1;
                }
                size
            }
        }
    }

    /// All of it; `N` is [`Text::size`].
    pub const fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        assert!(self.write(&mut out, 0) == N);
        out
    }

    /// Writes it to `out` at `at`, and returns where it ends.
    #[inline]
    const fn write(&self, out: &mut [u8], at: usize) -> usize {
        match self {
            Self::Str(text) => copy(text.as_bytes(), out, at),
            Self::Name(name) => copy(name.to_bytes(), out, at),
            Self::If(false, _) => at,
            Self::If(true, text) => text.write(out, at),
            Self::Number(number) => {
                let (mut rest, mut i) = (*number, digits(*number));
                let end = at + i;
                while i > 0 {
                    i -= 1;
                    out[at + i] = b'0' + (rest % 10) as u8;
                    rest /= 10;
                }
                end
            }
            Self::Parts(parts) => {
                let (mut i, mut end) = (0, at);
                while i < parts.len() {
                    end = parts[i].write(out, end);
                    i += 1;
                }
                end
            }
        }
    }
}

#[inline]
const fn copy(from: &[u8], out: &mut [u8], at: usize) -> usize {
    let mut i = 0;
    while i < from.len() {
        out[at + i] = from[i];
        i += 1;
    }
    at + i
}

#[inline]
const fn digits(mut number: usize) -> usize {
    let mut count = 1;
    while number > 9 {
        number /= 10;
        count += 1;
    }
    count
}

/// Makes a [`Text`] a part of the module's C unit.
///
/// It goes into a section of the object, which Kbuild copies to a file for the C compiler (see
/// `rust/struct_ops.mk`) and the kernel's link script leaves out of the module.
#[doc(hidden)]
#[macro_export]
macro_rules! unit {
    ($text:expr) => {
        const _: () = {
            const TEXT: $crate::Text = $text;
            #[used]
            #[link_section = ".discard.struct_ops"]
            static UNIT: [::core::primitive::u8; TEXT.size()] = TEXT.bytes();
        };
    };
}
