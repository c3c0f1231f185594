// SPDX-License-Identifier: GPL-2.0

//! Values: what lies in tables, and in structs that C and programs see as well.

use super::{
    Spelling,
    Text, //
};
use kernel::bindings;

/// A type that can be a value in a table.
///
/// Integers, `bool`, arrays, enums with [`#[c_enum]`](macro@crate::c_enum), structs with
/// [`#[c_struct]`](macro@crate::c_struct) and a [`Name`](super::Name) are. User space has to
/// leave zero an [`Address`](super::Address), an `Atomic`, and what is in [`private`](super::private).
///
/// # Examples
///
/// ```
/// #[c_struct]
/// struct Point {
///     x: i32,
///     y: i32,
/// }
///
/// const CORNERS: usize = 4;
///
/// #[struct_ops]
/// struct FrameOps {
///     draw: fn(),
///     filled: bool,
///     corners: [Point; CORNERS],
/// }
///
/// impl StructOpsType for FrameOps {
///     fn validate(ops: &Self) -> Result {
///         let corners: &[Point; CORNERS] = ops.corners();
///         if ops.filled() && corners.iter().all(|point| point.x == 0 && point.y == 0) {
///             return Err(EINVAL);
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// # Safety
///
/// What `C` declares has the representation of `Raw`. Any bytes are a `Raw`.
#[diagnostic::on_unimplemented(
    message = "a table cannot hold `{Self}`: C does not know it",
    label = "not a value of C",
    note = "a table holds `fn(…)`, integers, `bool`, arrays of integers, structs with `#[c_struct]`, enums with `#[c_enum]`, `Name<N>`, `Address<T>`, and `ModulePtr`"
)]
pub unsafe trait CType: Sized + 'static {
    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// How C writes it in a struct that programs see.
    #[doc(hidden)]
    const FIELD: Spelling = Self::C;

    /// `#define`s that say of which structs Rust has a `&T`, if it has one of this.
    #[doc(hidden)]
    const BORROWED: Text = Text::NOTHING;

    /// May user space set it?
    #[doc(hidden)]
    const SETTABLE: bool = true;

    /// Are these bytes, which user space has set, a value? [`None`] if any are.
    #[doc(hidden)]
    const CHECK: Option<fn(&[u8]) -> bool> = None;

    /// What lies in the table.
    #[doc(hidden)]
    type Raw;

    /// What the method that reads it returns: a copy of a number, a reference to anything else.
    type Read<'a>;

    /// Reads it.
    ///
    /// # Safety
    ///
    /// `raw` is valid for reads during `'a`, and nobody writes to it, but where `Raw` allows that through a
    /// shared reference. `CHECK` has accepted it.
    #[doc(hidden)]
    unsafe fn read<'a>(raw: *const Self::Raw) -> Self::Read<'a>;
}

/// A type of which any bytes are a value: what a struct with [`#[c_struct]`](macro@crate::c_struct), or
/// an array, is made of.
///
/// # Examples
///
/// ```
/// use struct_ops::Plain;
///
/// fn bytes<T: Plain>(_value: &T) -> usize {
///     core::mem::size_of::<T>()
/// }
///
/// # fn example() -> Result {
/// assert_eq!(bytes(&[0u16; 3]), 6);
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// What `C` declares has the representation of `Self`. Any bytes are a `Self`.
#[diagnostic::on_unimplemented(
    message = "user space and programs may write bytes that are no `{Self}`",
    label = "not plain data of C",
    note = "fields and elements are integers, `Address<T>`, arrays of them, and structs with `#[c_struct]`; for a `bool`, use `Bool`"
)]
pub unsafe trait Plain: CType {}

/// A value that `#[default(…)]` can give a member.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a member of type `{Self}` cannot have a default",
    note = "an integer can, and an enum with `#[c_enum]`"
)]
pub trait Preset: CType {
    /// Writes it to a member, which has the size of it.
    fn write(self, to: &mut [u8]);
}

/// The end of an implementation of [`CType`], for a type that is in the table as it is, and is copied.
macro_rules! read_by_copy {
    () => {
        type Raw = Self;
        type Read<'a> = Self;

        #[inline]
        unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
            // SAFETY: By the safety requirements of this function.
            unsafe { raw.read() }
        }
    };
}
pub(super) use read_by_copy;

macro_rules! integers {
    ($($ty:ident $c:literal)*) => {
        $(
            impl Preset for $ty {
                #[inline]
                fn write(self, to: &mut [u8]) {
                    to.copy_from_slice(&self.to_ne_bytes());
                }
            }

            // SAFETY: This is how C writes it, and any bits are a number.
            unsafe impl CType for $ty {
                const C: Spelling = Spelling::builtin($c);

                read_by_copy!();
            }

            // SAFETY: Any bits are a number.
            unsafe impl Plain for $ty {}
        )*
    };
}
integers! {
    u8 "u8 " i8 "s8 " u16 "u16 " i16 "s16 " u32 "u32 " i32 "int " u64 "u64 " i64 "s64 "
    usize "unsigned long " isize "long "
}

// SAFETY: C's `bool` is one byte. In the table it is read as that: user space may write any.
unsafe impl CType for bool {
    const C: Spelling = Spelling::builtin("bool ");

    type Raw = u8;
    type Read<'a> = Self;

    #[inline]
    unsafe fn read<'a>(raw: *const u8) -> Self::Read<'a> {
        // SAFETY: By the safety requirements of this function.
        unsafe { raw.read() != 0 }
    }
}

/// A `bool` of C where programs may write: in a struct with [`#[c_struct]`](macro@crate::c_struct). Any
/// byte but 0 is true.
///
/// # Examples
///
/// ```
/// use struct_ops::Bool;
///
/// #[c_struct]
/// struct Lamp {
///     lit: Bool,
/// }
///
/// /// Turns it the other way round.
/// #[kfunc(struct_ops)]
/// fn example_press(lamp: &Shared<Lamp>) {
///     let lit = lamp.read(field!(Lamp, lit)).get();
///     lamp.write(field!(Lamp, lit), Bool::new(!lit));
/// }
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// Makes one: the byte is 0 or 1.
    pub const fn new(value: bool) -> Self {
        Self(value as u8)
    }

    /// Is it true?
    pub const fn get(self) -> bool {
        self.0 != 0
    }
}

// SAFETY: C's `bool` is one byte, and any byte is a `Bool`.
unsafe impl CType for Bool {
    const C: Spelling = Spelling::builtin("bool ");

    read_by_copy!();
}

// SAFETY: Any byte is a `Bool`.
unsafe impl Plain for Bool {}

/// How C writes an array.
macro_rules! array {
    ($element:expr, $len:expr) => {
        Spelling {
            definition: $element.definition,
            before: $element.before,
            after: Text::Parts(&[
                Text::Str("["),
                Text::Number($len),
                Text::Str("]"),
                $element.after,
            ]),
        }
    };
}

// SAFETY: C lays out arrays as Rust does. Any bytes are a value if they are one of each element.
unsafe impl<T: Plain, const N: usize> CType for [T; N] {
    const C: Spelling = {
        assert!(N > 0, "C has no empty arrays");
        array!(T::C, N)
    };
    const FIELD: Spelling = array!(T::FIELD, N);
    const BORROWED: Text = T::BORROWED;

    type Raw = Self;
    type Read<'a> = &'a Self;

    #[inline]
    unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
        // SAFETY: By the safety requirements of this function; any bytes are a `Self`.
        unsafe { &*raw }
    }
}

// SAFETY: Any bytes are a value of each element.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// The type of a member that names the module: `struct module *` in C.
///
/// User space has to leave it zero. The kernel puts something there that stands for the module that
/// owns the type; Rust has no use for it.
///
/// # Examples
///
/// ```
/// #[struct_ops]
/// struct RecoderOps {
///     filter: fn(level: u32) -> i32,
///     owner: struct_ops::ModulePtr,
/// }
/// # impl StructOpsType for RecoderOps {}
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct ModulePtr(*mut bindings::module);

// SAFETY: It is a pointer in C as well; any bits are one, for nobody follows it.
unsafe impl CType for ModulePtr {
    const C: Spelling = Spelling::builtin("struct module *");
    const SETTABLE: bool = false;

    read_by_copy!();
}
