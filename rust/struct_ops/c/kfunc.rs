// SPDX-License-Identifier: GPL-2.0

//! What kfuncs take from programs, and give them.

mod argument;
mod lent;
mod output;

pub use lent::{
    BufSize,
    Lent, //
};
pub use output::KfuncOutput;

use super::{
    Spelling,
    Text, //
};

/// What a [`KfuncArgument`] is to the rules of a whole kfunc.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing special.
    Plain,
    /// What it points to may be gone before the program is.
    Fleeting,
    /// How much memory the program wants.
    Size,
    /// Memory, and how long it is: two arguments.
    Bytes,
    /// An object that the program keeps.
    Counted,
    /// An object that the program gives up.
    Released,
    /// The program itself, which the verifier passes.
    Caller,
}

impl Role {
    /// The flag that the verifier knows such a kfunc by.
    #[inline]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Plain | Self::Fleeting | Self::Size | Self::Bytes | Self::Counted => "",
            Self::Released => " | KF_RELEASE",
            Self::Caller => " | KF_IMPLICIT_ARGS",
        }
    }

    /// Is it [`Role::Bytes`]?
    #[inline]
    pub const fn is_bytes(self) -> bool {
        matches!(self, Self::Bytes)
    }

    /// Is it [`Role::Size`]? The verifier knows that by the name of the argument.
    #[inline]
    pub const fn is_size(self) -> bool {
        matches!(self, Self::Size)
    }

    /// Checks the arguments of a kfunc together, while it is compiled.
    #[track_caller]
    #[inline]
    pub const fn check(roles: &[Self], acquires: bool, lends: bool) {
        let (mut i, mut words, mut sizes) = (0, roles.len(), 0);
        let (mut fleeting, mut counted) = (false, 0);
        while i < roles.len() {
            match roles[i] {
                Self::Plain => {}
                Self::Fleeting => fleeting = true,
                Self::Size => sizes += 1,
                Self::Bytes => {
                    fleeting = true;
                    words += 1;
                }
                Self::Counted => {
                    // If both were the same object, it might be gone.
                    assert!(
                        !matches!(roles[0], Self::Released),
                        "a kfunc that releases an object takes no other: both could be the same"
                    );
                    counted += 1;
                }
                // The verifier takes a reference from the program there, and nowhere else.
                Self::Released => {
                    assert!(i == 0, "what a kfunc releases is its first argument");
                    assert!(!acquires, "a kfunc that releases an object returns none");
                }
                Self::Caller => assert!(
                    i + 1 == roles.len(),
                    "the caller is the last argument: the verifier adds it to those of the program"
                ),
            }
            i += 1;
        }
        assert!(
            !lends || !fleeting,
            "a kfunc that lends memory takes no reference to what may go before the program ends"
        );
        // The verifier knows of one object that the memory may be in.
        assert!(
            !lends || counted <= 1,
            "a kfunc that lends memory takes at most one `&Arc`"
        );
        assert!(
            sizes == lends as usize,
            "a kfunc that returns `Lent` takes one `&BufSize`, and no other does"
        );
        assert!(
            words <= 5,
            "a kfunc has at most 5 arguments, and `&SharedBytes` is two"
        );
    }
}

/// A type that a kfunc can take.
///
/// | type | from the program |
/// |---|---|
/// | a 32- or 64-bit integer | a number |
/// | an enum with [`#[c_enum]`](macro@crate::c_enum) | one of its values; with another the kfunc is not called |
/// | [`&Shared<T>`](crate::Shared) | memory of that size |
/// | [`&SharedBytes`](crate::SharedBytes), [`&SharedText`](crate::SharedText) | memory, and its size |
/// | `&T`, `Option<&T>` with a [`Trusted`](super::Trusted) | what a callback or the kernel gave it |
/// | `&Arc<T>` with a [`Refcounted`](super::Refcounted) | an object to which it has a reference |
/// | `Arc<T>`, `ARef<T>` with a [`BpfCounted`](crate::BpfCounted), only as the first argument | the same; it gives the reference up |
/// | [`Arena<T>`](crate::Arena), `Option<Arena<T>>` | an address in its arena |
/// | [`&BufSize`](BufSize), for one that returns [`Lent`] | a number that the verifier knows |
/// | [`&Caller`](crate::Caller), only as the last argument | nothing: the verifier passes it |
///
/// # Examples
///
/// ```
/// use struct_ops::KfuncArgument;
///
/// const fn takes<A: KfuncArgument<'static>>() {}
///
/// const _: () = takes::<u64>();
/// const _: () = takes::<&Caller>();
/// ```
///
/// # Safety
///
/// `Raw` is what C declares by `C`, behind a name that ends in `SUFFIX`; kCFI hashes both alike. The
/// verifier accepts from programs only what [`KfuncArgument::hold`] may be called with.
#[diagnostic::on_unimplemented(
    message = "a kfunc cannot take `{Self}`",
    label = "cannot be taken from a program",
    note = "it takes 32- and 64-bit integers (a program may leave any bits in a smaller one), `&Shared<T>`, `&SharedBytes`, enums with `#[c_enum]`, `&T` with a struct of the kernel or one with `#[c_struct(opaque)]`, `&Arc<T>`, `Arc<T>` and `ARef<T>` (released), `Arena<T>`, `&BufSize`, and `&Caller`"
)]
pub unsafe trait KfuncArgument<'a>: Sized {
    /// What C passes.
    #[doc(hidden)]
    type Raw;

    /// What is there during the call.
    #[doc(hidden)]
    type Held;

    /// How C writes it.
    #[doc(hidden)]
    const C: Spelling;

    /// The end of its name, from which the verifier learns the rules.
    #[doc(hidden)]
    const SUFFIX: &'static str = "";

    /// A `#define` that says that programs may have it written to.
    #[doc(hidden)]
    const FACTS: Text = Text::NOTHING;

    /// What it is to the rules of the whole kfunc.
    #[doc(hidden)]
    const ROLE: Role = Role::Plain;

    /// Takes what C passes; [`None`] if the kfunc must not be called with it.
    ///
    /// # Safety
    ///
    /// The verifier has accepted `raw` from the program that calls, for an argument of this type. What
    /// it points to is used only until the call ends.
    #[doc(hidden)]
    unsafe fn hold(raw: Self::Raw) -> Option<Self::Held>;

    /// Makes the argument, which cannot outlive what is held.
    #[doc(hidden)]
    fn lend(held: &'a mut Option<Self::Held>) -> Self;
}

/// The value in `held`. [`KfuncArgument::lend`] is called once, for what was held.
#[doc(hidden)]
#[inline]
pub fn taken<T>(held: &mut Option<T>) -> T {
    match held.take() {
        Some(held) => held,
        None => unreachable!(),
    }
}
