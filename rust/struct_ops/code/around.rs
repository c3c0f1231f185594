// SPDX-License-Identifier: GPL-2.0

//! What runs before and after the programs of a type.

use super::{
    insn::{
        Code,
        MAX, //
    },
    Arguments,
    Assembler,
    Buffer,
    Content,
    Register,
    State,
    R0,
    R1, //
};
use crate::{
    Output,
    Prog,
    StructOps, //
};
use core::marker::PhantomData;
use kernel::{
    bindings,
    error::from_result,
    prelude::*, //
};

/// Instructions that run before a program, with its arguments.
///
/// `A` are the arguments of the callback, as a tuple. A callback names the function that chooses
/// for a program with `#[prologue(…)]`; it is asked while the program is being loaded.
///
/// # Examples
///
/// ```
/// use struct_ops::code::{Alu, R1, R6, R7};
///
/// #[c_struct]
/// struct Ticket {
///     calls: u64,
/// }
///
/// #[struct_ops]
/// struct TicketOps {
///     /// The module counts the calls, whatever the program does.
///     #[prologue(count)]
///     punch: fn(ticket: &Shared<Ticket>) -> i32,
/// }
/// # impl StructOpsType for TicketOps {}
///
/// static COUNT: Prologue<(&Shared<Ticket>,)> = Prologue::begin()
///     .load_argument(R6, R1, 0)
///     .load(R7, R6, field!(Ticket, calls))
///     .alu(Alu::Add, R7, 1)
///     .store(R6, field!(Ticket, calls), R7)
///     .finish();
///
/// fn count(_program: &Prog) -> Option<&'static Prologue<(&'static Shared<Ticket>,)>> {
///     Some(&COUNT)
/// }
/// ```
///
/// # Invariants
///
/// `code` does what a program for such a callback may do, and `R1` holds the context at its end.
pub struct Prologue<A> {
    code: Code,
    _arguments: PhantomData<fn(A)>,
}

impl<A: Arguments> Buffer for Prologue<A> {
    const CONTEXT: &'static [&'static [Content]] = A::CONTEXT;
}

impl<A: Arguments> Prologue<A> {
    /// Starts one: `R1` holds the context.
    pub const fn begin() -> Assembler<Self> {
        Assembler::new(State::NOTHING.set(R1, Content::Context))
    }

    #[doc(hidden)]
    pub fn instructions(&'static self) -> Instructions {
        Instructions(&self.code)
    }
}

impl<A: Arguments> Assembler<Prologue<A>> {
    /// Ends it: the program follows.
    #[track_caller]
    pub const fn finish(self) -> Prologue<A> {
        let (code, state) = self.into_parts();
        assert!(
            matches!(state.get(R1), Content::Context),
            "the program needs the context in R1"
        );
        // INVARIANT: The assembler has checked the rest.
        Prologue {
            code,
            _arguments: PhantomData,
        }
    }
}

/// Instructions that run after a program, instead of each of its `exit`s.
///
/// `A` are the arguments of the callback, as a tuple, and `R` is what it returns. A callback names
/// the function that chooses for a program with `#[epilogue(…)]`; it is asked while the program is
/// being loaded. If a program makes a tail call, only the epilogue of the last one runs.
///
/// For a callback that returns a `bool`, `R0` holds what the program has left. Whatever this leaves
/// there becomes 0 or 1.
///
/// # Examples
///
/// ```
/// use struct_ops::code::{Alu, R0};
///
/// #[struct_ops]
/// struct PriceOps {
///     /// Programs name a price in euros, the module wants it in cents.
///     #[epilogue(to_cents)]
///     price: fn(article: u32) -> u64,
/// }
/// # impl StructOpsType for PriceOps {}
///
/// static CENTS: Epilogue<(u32,), u64> = Epilogue::begin().alu(Alu::Mul, R0, 100).finish();
///
/// fn to_cents(_program: &Prog) -> Option<&'static Epilogue<(u32,), u64>> {
///     Some(&CENTS)
/// }
/// ```
///
/// # Invariants
///
/// `code` does what a program for such a callback may do, and ends with `exit`. `R0` then holds what
/// a program may leave there, and 0 or 1 if the callback returns a `bool`.
pub struct Epilogue<A, R> {
    code: Code,
    _signature: PhantomData<fn(A) -> R>,
}

impl<A: Arguments, R: Output> Buffer for Epilogue<A, R> {
    const CONTEXT: &'static [&'static [Content]] = A::CONTEXT;
}

impl<A: Arguments, R: Output> Epilogue<A, R> {
    /// Starts one: `R0` holds what the program returns, if that is a number.
    pub const fn begin() -> Assembler<Self> {
        Assembler::new(State::NOTHING.set(R0, R::CONTENT))
    }

    #[doc(hidden)]
    pub fn instructions(&'static self) -> Instructions {
        Instructions(&self.code)
    }

    /// What runs after a program for which the author has chosen nothing.
    #[doc(hidden)]
    pub fn by_default() -> Option<Instructions>
    where
        A: 'static,
        R: 'static,
    {
        R::IS_BOOL.then_some(Instructions(const { &Self::begin().finish().code }))
    }
}

impl<A: Arguments, R: Output> Assembler<Epilogue<A, R>> {
    /// `dst = context`
    #[track_caller]
    pub const fn load_context(self, dst: Register) -> Self {
        self.load_saved_context(dst)
    }

    /// Ends it, with what the callback returns in `R0`.
    #[track_caller]
    pub const fn finish(mut self) -> Epilogue<A, R> {
        if R::IS_BOOL {
            self = self.make_bool(R0);
        }
        let (code, state) = self.exit().into_parts();
        if matches!(R::CONTENT, Content::Scalar) {
            assert!(
                matches!(state.get(R0), Content::Scalar),
                "what the callback returns has to be in R0"
            );
        }
        // INVARIANT: The assembler has checked the rest.
        Epilogue {
            code,
            _signature: PhantomData,
        }
    }
}

/// Chooses what runs before a program, or nothing.
pub type ChoosePrologue<A> = fn(&Prog) -> Option<&'static Prologue<A>>;

/// Chooses what runs after a program, or nothing.
pub type ChooseEpilogue<A, R> = fn(&Prog) -> Option<&'static Epilogue<A, R>>;

/// Checked instructions, of either kind.
#[doc(hidden)]
pub struct Instructions(&'static Code);

/// What chooses them.
type Choose = fn(&Prog) -> Option<Instructions>;

/// What runs before and after the programs for a callback.
#[doc(hidden)]
pub struct Around {
    /// Instructions of a [`Prologue`] for the callback.
    pub prologue: Option<Choose>,
    /// Instructions of an [`Epilogue`] for the callback.
    pub epilogue: Option<Choose>,
}

impl Around {
    /// Nothing runs.
    pub const NOTHING: Self = Self {
        prologue: None,
        epilogue: None,
    };

    /// Fails if the instructions around `prog` cannot be written. May sleep.
    #[inline]
    pub(crate) fn resolve(&self, prog: &Prog) -> Result {
        for choose in [self.prologue, self.epilogue].into_iter().flatten() {
            if let Some(Instructions(code)) = choose(prog) {
                code.resolve()?;
            }
        }
        Ok(())
    }
}

/// Writes what `choose` says for a program; a negative `errno` if that fails.
///
/// # Safety
///
/// `insns` has room for [`MAX`] instructions, and `prog` is a program of type `T` that is being
/// loaded. `choose` returns what is for programs before their start, or after their end with the
/// context at `context` relative to the frame pointer.
unsafe fn write<T: StructOps>(
    insns: *mut bindings::bpf_insn,
    prog: *const bindings::bpf_prog,
    choose: fn(&Around) -> Option<Choose>,
    context: i16,
) -> c_int {
    from_result(|| {
        // SAFETY: By the safety requirements of this function; the reference does not leave it.
        let prog = unsafe { Prog::from_raw(prog) };
        let offset = prog.member_offset();
        let member = T::MEMBERS.iter().find(|m| m.offset == offset);
        let choose = member.and_then(|m| choose(&m.around));
        let Some(Instructions(code)) = choose.and_then(|choose| choose(prog)) else {
            return Ok(0);
        };
        // SAFETY: By the safety requirements of this function.
        let insns = unsafe { &mut *insns.cast::<[bindings::bpf_insn; MAX]>() };
        Ok(code.emit(insns, context)? as c_int)
    })
}

/// Writes what runs before a program. For [`#[struct_ops]`](macro@crate::struct_ops).
///
/// # Safety
///
/// `insns` has room for 31 instructions, and `prog` is a program of type `T` that is being loaded.
#[doc(hidden)]
pub unsafe fn write_prologue<T: StructOps>(
    insns: *mut bindings::bpf_insn,
    prog: *const bindings::bpf_prog,
) -> c_int {
    // SAFETY: By the safety requirements of this function.
    unsafe { write::<T>(insns, prog, |around| around.prologue, 0) }
}

/// Writes what runs after a program. For [`#[struct_ops]`](macro@crate::struct_ops).
///
/// # Safety
///
/// `insns` has room for 31 instructions, and `prog` is a program of type `T` that is being loaded. The
/// kernel keeps the context at `context`, relative to the frame pointer.
#[doc(hidden)]
pub unsafe fn write_epilogue<T: StructOps>(
    insns: *mut bindings::bpf_insn,
    prog: *const bindings::bpf_prog,
    context: i16,
) -> c_int {
    // SAFETY: By the safety requirements of this function.
    unsafe { write::<T>(insns, prog, |around| around.epilogue, context) }
}
