// SPDX-License-Identifier: GPL-2.0

//! Instructions that a type puts around the programs of its users.
//!
//! The verifier has accepted the program by then and does not look at them, so they are checked here:
//! while the module is compiled, by the rules that the verifier has for programs.

use crate::{
    CStruct,
    Field,
    Integer, //
};
use core::{
    marker::PhantomData,
    mem::size_of, //
};
use kernel::bindings;

mod arguments;
mod around;
mod branch;
mod insn;
mod kfuncs;
mod state;

pub use arguments::Arguments;
pub use around::{
    write_epilogue,
    write_prologue,
    Around,
    ChooseEpilogue,
    ChoosePrologue,
    Epilogue,
    Prologue, //
};
use branch::Branch;
pub use insn::Alu;
use insn::{
    Code,
    Fixup,
    Insn,
    MAX, //
};
pub use kfuncs::Kfunc;
pub(crate) use state::same;
use state::State;
pub use state::{
    Content,
    Register,
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    R9, //
};

/// What an [`Assembler`] makes: a [`Prologue`] or an [`Epilogue`].
///
/// # Examples
///
/// ```
/// use struct_ops::code::{Assembler, Buffer, R6};
///
/// /// For either: instructions that are used twice.
/// const fn clear<B: Buffer>(code: Assembler<B>) -> Assembler<B> {
///     code.set(R6, 0)
/// }
///
/// static PROLOGUE: Prologue<()> = clear(Prologue::begin()).finish();
/// static EPILOGUE: Epilogue<(), i32> = clear(Epilogue::begin()).finish();
/// ```
pub trait Buffer {
    /// What the arguments of the callback are, in the order of the context, 8 bytes each. An argument
    /// of more than one has [`Content::Nothing`] in each.
    #[doc(hidden)]
    const CONTEXT: &'static [&'static [Content]];
}

/// Writes a [`Prologue`] or an [`Epilogue`].
///
/// Each method appends what it says, and does not compile (in a `static` or `const`) if the
/// verifier would refuse it in a program: registers are read after they were written to, memory is
/// accessed as a field of the struct that a register points to, functions get what they take, and
/// what they return is given back.
///
/// # Examples
///
/// ```
/// use struct_ops::code::{Kfunc, R0, R1, R6};
///
/// /// Looks for a task, and gives it back.
/// static LOOK: Prologue<()> = Prologue::begin()
///     .copy(R6, R1)
///     .set(R1, 1)
///     .call(Kfunc::TaskFromPid)
///     .if_null(R0)
///     .otherwise()
///     .copy(R1, R0)
///     .call(Kfunc::TaskRelease)
///     .end_if()
///     .copy(R1, R6)
///     .finish();
/// ```
#[must_use]
pub struct Assembler<B> {
    code: Code,
    state: State,
    branch: Option<Branch>,
    _buffer: PhantomData<fn() -> B>,
}

impl<B: Buffer> Assembler<B> {
    /// Starts where `state` is what the registers hold.
    pub(crate) const fn new(state: State) -> Self {
        Self {
            code: Code::new(),
            state,
            branch: None,
            _buffer: PhantomData,
        }
    }

    /// Ends it.
    #[track_caller]
    pub(crate) const fn into_parts(self) -> (Code, State) {
        assert!(self.branch.is_none(), "`if_null()` without `end_if()`");
        assert!(
            self.state.owns_nothing(),
            "a reference has to be released before the end"
        );
        (self.code, self.state)
    }

    #[track_caller]
    const fn push(mut self, code: u32, dst: u8, src: u8, off: i16, imm: i32) -> Self {
        assert!(self.code.len < MAX, "these are more than 31 instructions");
        self.code.insns[self.code.len] = Insn {
            code: code as u8,
            dst,
            src,
            off,
            imm,
            fixup: Fixup::None,
        };
        self.code.len += 1;
        self
    }

    const fn fix(mut self, fixup: Fixup) -> Self {
        self.code.insns[self.code.len - 1].fixup = fixup;
        self
    }

    /// `dst = *(u64 *)(ctx + 8 * n)`: loads an argument of the callback, counted from 0.
    #[track_caller]
    pub const fn load_argument(mut self, dst: Register, ctx: Register, argument: usize) -> Self {
        assert!(
            matches!(self.state.get(ctx), Content::Context),
            "this register does not hold the context"
        );
        assert!(
            argument < B::CONTEXT.len(),
            "the callback has fewer arguments"
        );
        let (mut i, mut slot) = (0, 0);
        while i < argument {
            slot += B::CONTEXT[i].len();
            i += 1;
        }
        let content = B::CONTEXT[argument][0];
        assert!(
            !matches!(content, Content::Nothing),
            "an argument of this type cannot be loaded"
        );
        self.state = self.state.set(dst, content);
        let load = bindings::BPF_LDX | bindings::BPF_MEM | bindings::BPF_DW;
        self.push(load, dst.number(), ctx.number(), 8 * slot as i16, 0)
    }

    /// `dst = base->field`, with zeros in the upper bits.
    #[track_caller]
    pub const fn load<T: CStruct, V: Integer>(
        mut self,
        dst: Register,
        base: Register,
        field: Field<T, V>,
    ) -> Self {
        let Content::Memory { name, .. } = self.state.get(base) else {
            panic!("this register does not hold a pointer to a struct of the module");
        };
        assert!(
            state::same(name, T::NAME),
            "this register holds a pointer to another struct"
        );
        self.state = self.state.set(dst, Content::Scalar);
        let load = bindings::BPF_LDX | bindings::BPF_MEM | size::<V>();
        let off = offset(&field);
        self.push(load, dst.number(), base.number(), off, 0)
    }

    /// `base->field = src`
    #[track_caller]
    pub const fn store<T: CStruct, V: Integer>(
        self,
        base: Register,
        field: Field<T, V>,
        src: Register,
    ) -> Self {
        let Content::Memory { name, writable } = self.state.get(base) else {
            panic!("this register does not hold a pointer to a struct of the module");
        };
        assert!(
            state::same(name, T::NAME),
            "this register holds a pointer to another struct"
        );
        assert!(writable, "only what is `&Shared<T>` can be written to");
        self.state.expect_scalar(src);
        let store = bindings::BPF_STX | bindings::BPF_MEM | size::<V>();
        let off = offset(&field);
        self.push(store, base.number(), src.number(), off, 0)
    }

    /// `dst = imm`
    #[track_caller]
    pub const fn set(mut self, dst: Register, imm: i32) -> Self {
        self.state = self.state.set(dst, Content::Scalar);
        let set = bindings::BPF_ALU64 | bindings::BPF_MOV | bindings::BPF_K;
        self.push(set, dst.number(), 0, 0, imm)
    }

    /// `dst = src`. A reference moves: `src` then holds nothing.
    #[track_caller]
    pub const fn copy(mut self, dst: Register, src: Register) -> Self {
        let content = self.state.get(src);
        assert!(
            !matches!(content, Content::Nothing),
            "this register holds nothing"
        );
        if content.is_reference() {
            self.state = self.state.take(src);
        }
        self.state = self.state.set(dst, content);
        let copy = bindings::BPF_ALU64 | bindings::BPF_MOV | bindings::BPF_X;
        self.push(copy, dst.number(), src.number(), 0, 0)
    }

    /// `dst op= imm`
    #[track_caller]
    pub const fn alu(self, op: Alu, dst: Register, imm: i32) -> Self {
        self.state.expect_scalar(dst);
        let alu = bindings::BPF_ALU64 | op.code() as u32 | bindings::BPF_K;
        self.push(alu, dst.number(), 0, 0, imm)
    }

    /// `dst op= src`
    #[track_caller]
    pub const fn alu_register(self, op: Alu, dst: Register, src: Register) -> Self {
        self.state.expect_scalar(dst);
        self.state.expect_scalar(src);
        let alu = bindings::BPF_ALU64 | op.code() as u32 | bindings::BPF_X;
        self.push(alu, dst.number(), src.number(), 0, 0)
    }

    /// `dst = (u32)dst != 0`
    #[track_caller]
    pub(crate) const fn make_bool(self, dst: Register) -> Self {
        self.state.expect_scalar(dst);
        let is_zero = bindings::BPF_JMP32 | bindings::BPF_JEQ | bindings::BPF_K;
        self.push(is_zero, dst.number(), 0, 1, 0).set(dst, 1)
    }

    /// Calls a function of the kernel with the arguments in `R1` and so on. The result is in `R0`;
    /// `R1` to `R5` hold nothing any more.
    #[track_caller]
    pub const fn call(mut self, kfunc: Kfunc) -> Self {
        self.state = self.state.call(kfunc);
        let call = bindings::BPF_JMP | bindings::BPF_CALL;
        self.push(call, 0, bindings::BPF_PSEUDO_KFUNC_CALL as u8, 0, 0)
            .fix(Fixup::Kfunc(kfunc))
    }

    /// Loads the context, which the kernel keeps for an epilogue.
    #[track_caller]
    pub(crate) const fn load_saved_context(mut self, dst: Register) -> Self {
        self.state = self.state.set(dst, Content::Context);
        let load = bindings::BPF_LDX | bindings::BPF_MEM | bindings::BPF_DW;
        self.push(load, dst.number(), bindings::BPF_REG_10 as u8, 0, 0)
            .fix(Fixup::Context)
    }

    /// Leaves the program.
    #[track_caller]
    pub(crate) const fn exit(self) -> Self {
        self.push(bindings::BPF_JMP | bindings::BPF_EXIT, 0, 0, 0, 0)
    }
}

const fn size<V: Integer>() -> u32 {
    match size_of::<V>() {
        1 => bindings::BPF_B,
        2 => bindings::BPF_H,
        4 => bindings::BPF_W,
        _ => bindings::BPF_DW,
    }
}

#[track_caller]
const fn offset<T: CStruct, V: Integer>(field: &Field<T, V>) -> i16 {
    assert!(
        field.offset() <= i16::MAX as usize,
        "an instruction reaches 32767 bytes"
    );
    field.offset() as i16
}
