// SPDX-License-Identifier: GPL-2.0

//! What registers hold: the rules of an [`Assembler`](crate::Assembler).

use super::kfuncs::{
    Given,
    Kfunc,
    Object,
    Taken, //
};
use kernel::prelude::*;

/// A register. `R10`, the frame pointer, is not there: nothing can be put on the stack.
///
/// # Examples
///
/// ```
/// use struct_ops::code::{Register, R6};
///
/// const COUNTER: Register = R6;
/// static ZERO: Prologue<()> = Prologue::begin().set(COUNTER, 0).finish();
/// ```
#[derive(Clone, Copy)]
pub struct Register(u8);

impl Register {
    #[inline]
    pub(super) const fn number(self) -> u8 {
        self.0
    }
}

macro_rules! registers {
    ($($name:ident = $number:literal: $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub const $name: Register = Register($number);
        )*
        /// How many there are.
        const COUNT: usize = [$($number),*].len();
    };
}

registers! {
    R0 = 0: "Results of functions, and that of the program in an epilogue.";
    R1 = 1: "The first argument of a function, and the context in a prologue.";
    R2 = 2: "The second argument of a function.";
    R3 = 3: "The third argument of a function.";
    R4 = 4: "The fourth argument of a function.";
    R5 = 5: "The fifth argument of a function.";
    R6 = 6: "Kept by functions.";
    R7 = 7: "Kept by functions.";
    R8 = 8: "Kept by functions.";
    R9 = 9: "Kept by functions.";
}

/// What a register holds, or an argument is.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Content {
    /// Nothing that may be read.
    Nothing,
    /// A number.
    Scalar,
    /// The context: the arguments of the callback.
    Context,
    /// A pointer to a struct of the module, valid during the call.
    Memory {
        /// Which one.
        name: &'static CStr,
        /// Nobody takes it for immutable.
        writable: bool,
    },
    /// A reference to an object that has to be released, or NULL.
    MaybeOwned(Object),
    /// A reference to an object that has to be released.
    Owned(Object),
}

impl Content {
    #[inline]
    pub(super) const fn is_reference(self) -> bool {
        matches!(self, Self::MaybeOwned(_) | Self::Owned(_))
    }

    /// Is it the same whatever path was taken?
    #[inline]
    const fn agrees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Scalar, Self::Scalar) | (Self::Context, Self::Context) => true,
            (
                Self::Memory { name, writable },
                Self::Memory {
                    name: other,
                    writable: too,
                },
            ) => same(name, other) && writable == too,
            (Self::MaybeOwned(a), Self::MaybeOwned(b)) | (Self::Owned(a), Self::Owned(b)) => {
                a as u8 == b as u8
            }
            _ => false,
        }
    }
}

/// Are these the same name?
#[inline]
pub(crate) const fn same(a: &CStr, b: &CStr) -> bool {
    let (a, b) = (a.to_bytes(), b.to_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// What the registers hold.
///
/// # Invariants
///
/// At run time each register holds at least what this says, and each reference is in one register.
#[derive(Clone, Copy)]
pub(crate) struct State([Content; COUNT]);

impl State {
    /// Nothing.
    pub(crate) const NOTHING: Self = Self([Content::Nothing; COUNT]);

    #[inline]
    pub(crate) const fn get(&self, reg: Register) -> Content {
        self.0[reg.0 as usize]
    }

    /// Gives up what a register holds, and puts something there.
    #[track_caller]
    #[inline]
    pub(crate) const fn set(mut self, reg: Register, content: Content) -> Self {
        assert!(
            !self.get(reg).is_reference(),
            "this register holds a reference: release it first"
        );
        self.0[reg.0 as usize] = content;
        self
    }

    /// Says more precisely what a register holds.
    #[inline]
    pub(super) const fn refine(mut self, reg: Register, content: Content) -> Self {
        self.0[reg.0 as usize] = content;
        self
    }

    /// Takes a reference out of a register.
    #[inline]
    pub(super) const fn take(self, reg: Register) -> Self {
        self.refine(reg, Content::Nothing)
    }

    #[track_caller]
    #[inline]
    pub(crate) const fn expect_scalar(&self, reg: Register) {
        assert!(
            matches!(self.get(reg), Content::Scalar),
            "this register does not hold a number"
        );
    }

    /// Is there no reference in any register?
    #[inline]
    pub(super) const fn owns_nothing(&self) -> bool {
        let mut i = 0;
        while i < COUNT {
            if self.0[i].is_reference() {
                return false;
            }
            i += 1;
        }
        true
    }

    /// Calls a function.
    #[track_caller]
    #[inline]
    pub(super) const fn call(mut self, kfunc: Kfunc) -> Self {
        let taken = kfunc.takes();
        let mut i = 0;
        while i < taken.len() {
            let reg = Register(1 + i as u8);
            match (taken[i], self.get(reg)) {
                (Taken::Scalar, Content::Scalar) => {}
                (Taken::Owned(takes), Content::Owned(has)) if takes as u8 == has as u8 => {
                    self = self.take(reg);
                }
                _ => panic!("the function takes something else in one of R1 to R5"),
            }
            i += 1;
        }
        let mut reg = 0;
        while reg <= R5.0 {
            self = self.set(Register(reg), Content::Nothing);
            reg += 1;
        }
        self.set(
            R0,
            match kfunc.gives() {
                Given::Nothing => Content::Nothing,
                Given::OwnedOrNull(object) => Content::MaybeOwned(object),
            },
        )
    }

    /// What holds on both of two paths.
    #[track_caller]
    #[inline]
    pub(super) const fn join(mut self, other: Self) -> Self {
        let mut i = 0;
        while i < COUNT {
            if !self.0[i].agrees(other.0[i]) {
                assert!(
                    !self.0[i].is_reference() && !other.0[i].is_reference(),
                    "one of two paths has a reference that the other has not"
                );
                self.0[i] = Content::Nothing;
            }
            i += 1;
        }
        self
    }
}
