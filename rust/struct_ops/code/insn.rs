// SPDX-License-Identifier: GPL-2.0

//! Instructions, and what they become when a program is loaded.

use super::kfuncs::Kfunc;
use kernel::{
    bindings,
    prelude::*, //
};

/// What the verifier has room for (`INSN_BUF_SIZE`), less the instruction that follows.
pub(crate) const MAX: usize = 31;

/// Arithmetic on 64 bits, which wraps around.
///
/// # Examples
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
    #[inline]
    pub(super) const fn code(self) -> u8 {
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
pub(super) enum Fixup {
    None,
    /// The offset is that of the place on the stack where the kernel keeps the context.
    Context,
    /// The immediate is the BTF id of the function.
    Kfunc(Kfunc),
}

/// An instruction, as `struct bpf_insn` has it.
#[derive(Clone, Copy)]
pub(super) struct Insn {
    pub(super) code: u8,
    pub(super) dst: u8,
    pub(super) src: u8,
    pub(super) off: i16,
    pub(super) imm: i32,
    pub(super) fixup: Fixup,
}

/// Instructions.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    pub(super) insns: [Insn; MAX],
    pub(super) len: usize,
}

impl Code {
    pub(super) const fn new() -> Self {
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
    #[inline]
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
    #[inline]
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
