// SPDX-License-Identifier: GPL-2.0

//! What a program does: it loads arguments, follows them, writes through them, and passes them on.
//!
//! Most of it is such that the verifier may take it; what it refuses is as good a test of it.

mod pieces;

use pieces::GET_CURRENT_TASK_BTF;

use guest_tests::random::Random;
use libbpf_rs::libbpf_sys::{
    bpf_insn,
    BPF_ALU64,
    BPF_B,
    BPF_CALL,
    BPF_DW,
    BPF_EXIT,
    BPF_H,
    BPF_IMM,
    BPF_JEQ,
    BPF_JMP,
    BPF_K,
    BPF_LD,
    BPF_LDX,
    BPF_MEM,
    BPF_MOV,
    BPF_PSEUDO_KFUNC_CALL,
    BPF_PSEUDO_MAP_FD,
    BPF_ST,
    BPF_STX,
    BPF_W,
    BPF_X, //
};

use crate::model::{
    Kind,
    Model,
    Signature, //
};

/// Holds the context.
const CONTEXT: u8 = 6;
/// Hold arguments, what was read through them, and what was returned.
const VALUES: [u8; 3] = [7, 8, 9];
const STACK: u8 = 10;

/// What a body is made for.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// Of the callback. A program that user space runs has no arguments.
    pub signature: &'a Signature,
    pub sleepable: bool,
    /// The kfuncs.
    pub model: &'a Model,
    pub array: i32,
    pub prog_array: i32,
    pub arena: i32,
    /// A map that keeps a lease, if there is one.
    pub store: Option<i32>,
    /// Memory of user space; to read it may sleep.
    pub user: u64,
}

pub struct Body<'a> {
    random: &'a mut Random,
    of: Setting<'a>,
    insns: Vec<bpf_insn>,
    /// What is in [`VALUES`], as far as it is known.
    known: [Kind; VALUES.len()],
    /// Jumps to the end.
    escapes: Vec<usize>,
}

impl<'a> Body<'a> {
    fn insn(&mut self, code: u32, dst: u8, src: u8, off: i16, imm: i32) {
        self.insns.push(bpf_insn {
            code: code as u8,
            _bitfield_1: bpf_insn::new_bitfield_1(dst, src),
            off,
            imm,
            ..Default::default()
        });
    }

    fn set(&mut self, dst: u8, value: i32) {
        self.insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
    }

    fn set_wide(&mut self, dst: u8, value: u64) {
        self.insn(BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, value as i32);
        self.insn(0, 0, 0, 0, (value >> 32) as i32);
    }

    fn copy(&mut self, dst: u8, src: u8) {
        self.insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
    }

    /// The address of 16 bytes on the stack.
    fn buffer(&mut self, dst: u8) {
        self.copy(dst, STACK);
        self.insn(BPF_ALU64, dst, 0, 0, -16);
    }

    fn map(&mut self, dst: u8, fd: i32) {
        self.insn(BPF_LD | BPF_DW, dst, BPF_PSEUDO_MAP_FD as u8, 0, fd);
        self.insn(0, 0, 0, 0, 0);
    }

    fn call(&mut self, helper: i32) {
        self.insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
    }

    fn exit(&mut self) {
        self.insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }

    /// Any of [`VALUES`].
    fn value(&mut self) -> u8 {
        *self.random.pick(&VALUES)
    }

    /// The same, to be written to.
    fn target(&mut self) -> u8 {
        let value = self.value();
        self.note(value, Kind::Other);
        value
    }

    fn note(&mut self, value: u8, kind: Kind) {
        self.known[usize::from(value - VALUES[0])] = kind;
    }

    /// One that is known to be that.
    fn holding(&self, kind: Kind) -> Option<u8> {
        let place = self.known.iter().position(|known| *known == kind)?;
        Some(VALUES[place])
    }

    /// One that most likely points to something.
    fn pointer(&mut self) -> u8 {
        let points = |kind: &Kind| matches!(kind, Kind::Struct(_) | Kind::Arena);
        match self.known.iter().position(points) {
            Some(place) if self.random.chance(95) => VALUES[place],
            _ if self.random.chance(90) => {
                self.call(GET_CURRENT_TASK_BTF);
                self.keep_result(self.of.model.task)
            }
            _ => self.value(),
        }
    }

    /// Keeps what a call has returned.
    fn keep_result(&mut self, kind: Kind) -> u8 {
        let dst = self.target();
        self.copy(dst, 0);
        self.note(dst, kind);
        dst
    }

    /// Leaves if the value is 0.
    fn test(&mut self, value: u8) {
        self.escapes.push(self.insns.len());
        self.insn(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0, 0);
    }

    /// A size, and an offset at which a field of it may lie.
    fn place(&mut self) -> (u32, i16) {
        let (size, bytes) = *self
            .random
            .pick(&[(BPF_B, 1), (BPF_H, 2), (BPF_W, 4), (BPF_DW, 8)]);
        let fields = if self.random.chance(80) { 8 } else { 64 };
        (size, self.random.below(fields) as i16 * bytes)
    }

    /// Loads an argument.
    fn argument(&mut self) -> (u8, Kind) {
        let arguments = &self.of.signature.arguments;
        let limit = arguments.len().max(1) as u64 + u64::from(self.random.chance(3));
        let number = self.random.below(limit) as usize;
        let kind = arguments.get(number).copied().unwrap_or(Kind::Other);
        let dst = self.target();
        self.note(dst, kind);
        self.insn(
            BPF_LDX | BPF_DW | BPF_MEM,
            dst,
            CONTEXT,
            8 * number as i16,
            0,
        );
        (dst, kind)
    }

    /// What a value is, as an argument of a call.
    fn pass(&mut self, register: u8, wanted: Kind) {
        if let Some(value) = self.holding(wanted).filter(|_| self.random.chance(80)) {
            return self.copy(register, value);
        }
        match self.random.below(4) {
            0 => {
                let value = self.random.below(16) as i32;
                self.set(register, value);
            }
            1 => self.buffer(register),
            _ if wanted == Kind::Number => {
                let value = self.random.below(64) as i32 - 2;
                self.set(register, value);
            }
            _ => {
                let value = self.value();
                self.copy(register, value);
            }
        }
    }

    /// Puts what a kfunc takes into the registers.
    fn pass_all(&mut self, index: usize) {
        let model = self.of.model;
        for (register, kind) in (1..=5).zip(&model.kfuncs[index].signature.arguments) {
            self.pass(register, *kind);
        }
    }

    /// Calls a kfunc with what is in the registers.
    fn call_kfunc(&mut self, index: usize) {
        let kfunc = &self.of.model.kfuncs[index];
        // The BTF that fd_array has in its place 1.
        let (btf, id) = (i16::from(kfunc.of_module), kfunc.id as i32);
        self.insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL as u8, btf, id);
    }

    /// Calls a kfunc, and tells where its result is.
    fn kfunc(&mut self, index: usize) -> u8 {
        let kind = self.of.model.kfuncs[index].signature.result;
        self.pass_all(index);
        self.call_kfunc(index);
        let result = self.keep_result(kind);
        if matches!(kind, Kind::Struct(_)) && self.random.chance(90) {
            self.test(result);
        }
        result
    }

    fn piece(&mut self) {
        // Arguments come first.
        let first = if self.of.signature.arguments.is_empty() {
            30
        } else {
            0
        };
        match first + self.random.below(110 - first) {
            0..30 => {
                let (value, kind) = self.argument();
                if self.random.chance(30) {
                    self.test(value);
                }
                if self.random.chance(10) {
                    self.give_back(value, kind);
                }
            }
            30..47 => {
                let (src, dst, (size, off)) = (self.pointer(), self.target(), self.place());
                self.insn(BPF_LDX | size | BPF_MEM, dst, src, off, 0);
            }
            47..50 => {
                let (dst, src, (size, off)) = (self.pointer(), self.value(), self.place());
                self.insn(BPF_STX | size | BPF_MEM, dst, src, off, 0);
            }
            50..54 => {
                let (dst, (size, off)) = (self.pointer(), self.place());
                self.insn(BPF_ST | size | BPF_MEM, dst, 0, off, 1);
            }
            54..68 => self.helper(),
            68..78 => self.any_kfunc(),
            78..86 => self.object(),
            86..90 => self.arena(),
            90..96 => self.user(),
            96..99 => self.tail_call(),
            _ => {
                let value = self.value();
                self.test(value);
            }
        }
    }

    /// The instructions of a program.
    pub fn instructions(random: &'a mut Random, of: Setting<'a>) -> Vec<bpf_insn> {
        let length = 1 + random.below(6);
        let mut body = Self {
            random,
            of,
            insns: vec![],
            known: [Kind::Other; VALUES.len()],
            escapes: vec![],
        };
        body.copy(CONTEXT, 1);
        for value in VALUES {
            body.set(value, 0);
        }
        body.insn(BPF_ST | BPF_DW | BPF_MEM, STACK, 0, -16, 0);
        body.insn(BPF_ST | BPF_DW | BPF_MEM, STACK, 0, -8, 0);
        if body.random.chance(30) {
            body.take_owned();
        }
        for _ in 0..length {
            body.piece();
        }
        match body.random.below(10) {
            0 => {
                let value = body.value();
                body.copy(0, value);
            }
            1 => body.set(0, -1),
            2..5 if body.result_is_an_object() => {}
            _ => body.set(0, 0),
        }
        body.exit();
        let end = body.insns.len();
        // What nothing leads to is refused.
        if !body.escapes.is_empty() {
            body.set(0, 0);
            body.exit();
        }
        for at in std::mem::take(&mut body.escapes) {
            body.insns[at].off = (end - at - 1) as i16;
        }
        body.insns
    }
}
