// SPDX-License-Identifier: GPL-2.0

//! What a program does: it loads arguments, follows them, writes through them, and passes them on.
//!
//! Most of it is such that the verifier may take it; what it refuses is as good a test of it.

use guest_tests::random::Random;
use libbpf_rs::libbpf_sys::{
    bpf_insn,
    BPF_ALU64,
    BPF_B,
    BPF_CALL,
    BPF_DW,
    BPF_EXIT,
    BPF_H,
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

use crate::model::Kfunc;

/// Holds the context.
const CONTEXT: u8 = 6;
/// Hold arguments, what was read through them, and what was returned.
const VALUES: [u8; 3] = [7, 8, 9];
const STACK: u8 = 10;

const TAIL_CALL: i32 = 12;
/// Helpers that need nothing in particular, by number: time, random numbers, the processor, the task.
const PLAIN: [i32; 6] = [5, 7, 8, 14, 118, 158];

/// File descriptors that a body names.
#[derive(Clone, Copy)]
pub struct Fds {
    pub array: i32,
    pub prog_array: i32,
}

pub struct Body<'a> {
    pub random: &'a mut Random,
    pub insns: Vec<bpf_insn>,
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

    fn copy(&mut self, dst: u8, src: u8) {
        self.insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
    }

    fn map(&mut self, dst: u8, fd: i32) {
        self.insn(BPF_LD | BPF_DW, dst, BPF_PSEUDO_MAP_FD as u8, 0, fd);
        self.insn(0, 0, 0, 0, 0);
    }

    fn call(&mut self, helper: i32) {
        self.insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
    }

    fn value(&mut self) -> u8 {
        *self.random.pick(&VALUES)
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

    fn argument(&mut self, arguments: u64) {
        let (dst, limit) = (
            self.value(),
            arguments.max(1) + u64::from(self.random.chance(3)),
        );
        let off = 8 * self.random.below(limit) as i16;
        self.insn(BPF_LDX | BPF_DW | BPF_MEM, dst, CONTEXT, off, 0);
    }

    /// What a value is, as an argument of a call.
    fn pass(&mut self, register: u8) {
        match self.random.below(4) {
            0 => {
                let value = self.random.below(16) as i32;
                self.set(register, value);
            }
            1 => {
                self.copy(register, STACK);
                self.insn(BPF_ALU64, register, 0, 0, -16);
            }
            _ => {
                let value = self.value();
                self.copy(register, value);
            }
        }
    }

    fn kfunc(&mut self, kfunc: &Kfunc) {
        for register in 1..=kfunc.arguments.min(5) as u8 {
            self.pass(register);
        }
        // The BTF that fd_array has in its place 1.
        self.insn(
            BPF_JMP | BPF_CALL,
            0,
            BPF_PSEUDO_KFUNC_CALL as u8,
            1,
            kfunc.id as i32,
        );
        let dst = self.value();
        self.copy(dst, 0);
    }

    fn helper(&mut self, fds: Fds) {
        match self.random.below(5) {
            // bpf_map_lookup_elem(), bpf_map_update_elem()
            0 | 1 => {
                let update = self.random.chance(30);
                self.map(1, fds.array);
                self.copy(2, STACK);
                self.insn(BPF_ALU64, 2, 0, 0, -16);
                self.copy(3, 2);
                self.set(4, 0);
                self.call(if update { 2 } else { 1 });
                let dst = self.value();
                self.copy(dst, 0);
                self.test(dst);
            }
            // bpf_probe_read_kernel(), and bpf_copy_from_user(), which sleeps
            2 => {
                let (value, number) = (self.value(), *self.random.pick(&[113, 148]));
                self.copy(1, STACK);
                self.insn(BPF_ALU64, 1, 0, 0, -16);
                self.set(2, 8);
                self.copy(3, value);
                self.call(number);
            }
            _ => {
                let number = *self.random.pick(&PLAIN);
                self.call(number);
                let dst = self.value();
                self.copy(dst, 0);
            }
        }
    }

    fn tail_call(&mut self, fds: Fds) {
        let place = self.random.below(4) as i32;
        self.copy(1, CONTEXT);
        self.map(2, fds.prog_array);
        self.set(3, place);
        self.call(TAIL_CALL);
    }

    /// A program for a callback with so many arguments. With none, it is one that user space runs.
    pub fn new(random: &'a mut Random, arguments: u64, kfuncs: &[Kfunc], fds: Fds) -> Self {
        let length = 1 + random.below(6);
        let mut body = Self {
            random,
            insns: vec![],
            escapes: vec![],
        };
        body.copy(CONTEXT, 1);
        for value in VALUES {
            body.set(value, 0);
        }
        body.insn(BPF_ST | BPF_DW | BPF_MEM, STACK, 0, -16, 0);
        body.insn(BPF_ST | BPF_DW | BPF_MEM, STACK, 0, -8, 0);
        for _ in 0..length {
            match body.random.below(100) {
                0..35 if arguments > 0 => {
                    body.argument(arguments);
                    if body.random.chance(30) {
                        let value = body.value();
                        body.test(value);
                    }
                }
                35..50 => {
                    let (dst, src, (size, off)) = (body.value(), body.value(), body.place());
                    body.insn(BPF_LDX | size | BPF_MEM, dst, src, off, 0);
                }
                50..57 => {
                    let (dst, src, (size, off)) = (body.value(), body.value(), body.place());
                    body.insn(BPF_STX | size | BPF_MEM, dst, src, off, 0);
                }
                57..65 => {
                    let (dst, (size, off)) = (body.value(), body.place());
                    body.insn(BPF_ST | size | BPF_MEM, dst, 0, off, 1);
                }
                65..75 => body.helper(fds),
                75..84 if !kfuncs.is_empty() => {
                    let kfunc = body.random.below(kfuncs.len() as u64) as usize;
                    body.kfunc(&kfuncs[kfunc]);
                }
                84..87 => body.tail_call(fds),
                _ => {
                    let value = body.value();
                    body.test(value);
                }
            }
        }
        match body.random.below(10) {
            0 => {
                let value = body.value();
                body.copy(0, value);
            }
            1 => body.set(0, -1),
            _ => body.set(0, 0),
        }
        body.insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
        let end = body.insns.len();
        body.set(0, 0);
        body.insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
        for at in std::mem::take(&mut body.escapes) {
            body.insns[at].off = (end - at - 1) as i16;
        }
        body
    }
}
