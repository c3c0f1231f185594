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
use kernel::{
    bindings,
    prelude::*, //
};

mod kfuncs;
mod state;

pub use kfuncs::Kfunc;
pub(crate) use state::State;
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

/// What the verifier has room for (`INSN_BUF_SIZE`), less the instruction that follows.
pub(crate) const MAX: usize = 31;

/// Arithmetic on 64 bits, which wraps around.
///
/// ```
/// use struct_ops::code::{Alu, R0};
///
/// /// Has programs return 0 or 1.
/// static LAST_BIT: Epilogue<(), i32> = Epilogue::begin().alu(Alu::And, R0, 1).finish();
/// ```
#[derive(Clone, Copy)]
pub enum Alu {
    /// `dst += src`
    Add,
    /// `dst -= src`
    Sub,
    /// `dst *= src`
    Mul,
    /// `dst &= src`
    And,
    /// `dst |= src`
    Or,
    /// `dst ^= src`
    Xor,
}

impl Alu {
    const fn code(self) -> u8 {
        (match self {
            Self::Add => bindings::BPF_ADD,
            Self::Sub => bindings::BPF_SUB,
            Self::Mul => bindings::BPF_MUL,
            Self::And => bindings::BPF_AND,
            Self::Or => bindings::BPF_OR,
            Self::Xor => bindings::BPF_XOR,
        }) as u8
    }
}

/// What is known only when a program is loaded.
#[derive(Clone, Copy)]
enum Fixup {
    None,
    /// The offset is that of the place on the stack where the kernel keeps the context.
    Context,
    /// The immediate is the BTF id of the function.
    Kfunc(Kfunc),
}

/// An instruction, as `struct bpf_insn` has it.
#[derive(Clone, Copy)]
struct Insn {
    code: u8,
    dst: u8,
    src: u8,
    off: i16,
    imm: i32,
    fixup: Fixup,
}

/// Instructions.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    insns: [Insn; MAX],
    len: usize,
}

impl Code {
    const fn new() -> Self {
        const NONE: Insn = Insn {
            code: 0,
            dst: 0,
            src: 0,
            off: 0,
            imm: 0,
            fixup: Fixup::None,
        };
        Self {
            insns: [NONE; MAX],
            len: 0,
        }
    }

    /// Finds the functions that are called. May sleep.
    pub(crate) fn resolve(&self) -> Result {
        for insn in &self.insns[..self.len] {
            if let Fixup::Kfunc(kfunc) = insn.fixup {
                kfunc.btf_id()?;
            }
        }
        Ok(())
    }

    /// Writes the instructions to `to`, and returns how many there are. May sleep.
    ///
    /// The kernel keeps the context at `context`, relative to the frame pointer.
    pub(crate) fn emit(&self, to: &mut [bindings::bpf_insn; MAX], context: i16) -> Result<usize> {
        for (insn, to) in self.insns[..self.len].iter().zip(to) {
            *to = pin_init::zeroed();
            to.code = insn.code;
            to.set_dst_reg(insn.dst);
            to.set_src_reg(insn.src);
            to.off = match insn.fixup {
                Fixup::Context => context,
                _ => insn.off,
            };
            to.imm = match insn.fixup {
                Fixup::Kfunc(kfunc) => kfunc.btf_id()?,
                _ => insn.imm,
            };
        }
        Ok(self.len)
    }
}

/// What an [`Assembler`] makes: a [`Prologue`](crate::Prologue) or an [`Epilogue`](crate::Epilogue).
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

/// A branch that has not been joined yet.
#[derive(Clone, Copy)]
struct Branch {
    /// The jump that has to be told where to go.
    jump: usize,
    /// What the registers hold on the other path.
    other: State,
    otherwise: bool,
}

/// Writes a [`Prologue`](crate::Prologue) or an [`Epilogue`](crate::Epilogue).
///
/// Each method appends what it says, and does not compile (in a `static` or `const`) if the
/// verifier would refuse it in a program: registers are read after they were written to, memory is
/// accessed as a field of the struct that a register points to, functions get what they take, and
/// what they return is given back.
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

    /// Calls a function of the kernel with the arguments in `R1` and so on. The result is in `R0`;
    /// `R1` to `R5` hold nothing any more.
    #[track_caller]
    pub const fn call(mut self, kfunc: Kfunc) -> Self {
        self.state = self.state.call(kfunc);
        let call = bindings::BPF_JMP | bindings::BPF_CALL;
        self.push(call, 0, bindings::BPF_PSEUDO_KFUNC_CALL as u8, 0, 0)
            .fix(Fixup::Kfunc(kfunc))
    }

    /// What follows is for the case that the result of a function, in `reg`, is NULL. One such
    /// condition cannot stand in another.
    #[track_caller]
    pub const fn if_null(mut self, reg: Register) -> Self {
        assert!(
            self.branch.is_none(),
            "`if_null()` cannot stand within another"
        );
        let Content::MaybeOwned(object) = self.state.get(reg) else {
            panic!("this register does not hold a reference that may be NULL");
        };
        self.branch = Some(Branch {
            jump: self.code.len,
            other: self.state.refine(reg, Content::Owned(object)),
            otherwise: false,
        });
        self.state = self.state.refine(reg, Content::Scalar);
        let jump = bindings::BPF_JMP | bindings::BPF_JNE | bindings::BPF_K;
        self.push(jump, reg.number(), 0, 0, 0)
    }

    /// What follows is for the other case.
    #[track_caller]
    pub const fn otherwise(mut self) -> Self {
        let branch = match self.branch {
            Some(branch) if !branch.otherwise => branch,
            _ => panic!("`otherwise()` without `if_null()`"),
        };
        self.branch = Some(Branch {
            jump: self.code.len,
            other: self.state,
            otherwise: true,
        });
        self = self.push(bindings::BPF_JMP | bindings::BPF_JA, 0, 0, 0, 0);
        self.state = branch.other;
        self.land(branch.jump)
    }

    /// What follows is for both cases. A register holds something if it does in both.
    #[track_caller]
    pub const fn end_if(mut self) -> Self {
        let Some(branch) = self.branch else {
            panic!("`end_if()` without `if_null()`");
        };
        self.branch = None;
        self.state = self.state.join(branch.other);
        self.land(branch.jump)
    }

    /// Has a jump go to what follows.
    const fn land(mut self, jump: usize) -> Self {
        self.code.insns[jump].off = (self.code.len - jump - 1) as i16;
        self
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
