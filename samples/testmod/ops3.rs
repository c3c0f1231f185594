// SPDX-License-Identifier: GPL-2.0

//! `bpf_testmod_ops3`: callbacks on a stack of their own, arguments in an arena, a struct by value.

use struct_ops::prelude::*;

/// 16 bytes: two arguments of a program.
#[c_struct]
pub(crate) struct BpfTestmodArenaPair {
    a: u64,
    b: u64,
}

/// A type whose callbacks are called by kfuncs.
#[struct_ops(name = "bpf_testmod_ops3", slot = OPS3)]
pub(crate) struct TestmodOps3 {
    /// Called by a kfunc, and when `/sys/kernel/bpf_testmod` is read.
    #[optional]
    #[private_stack]
    test_1: fn() -> i32,
    /// Called by a kfunc.
    #[optional]
    test_2: fn() -> i32,
    /// Tests arena arguments.
    #[optional]
    test_arena: fn(ptr: Arena<u64>) -> i32,
    /// Tests nullable arena arguments.
    #[optional]
    test_arena_nullable: fn(ptr: Option<Arena<u64>>) -> i32,
    /// Tests an arena argument that is on the stack.
    #[optional]
    test_arena_stack:
        fn(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, ptr: Arena<u64>) -> i32,
    /// Tests an arena argument behind one that counts twice.
    #[optional]
    test_arena_multislot: fn(p: BpfTestmodArenaPair, ptr: Arena<u64>) -> i32,
}

static OPS3: Exclusive<TestmodOps3> = Exclusive::new();

impl StructOpsType for TestmodOps3 {}

/// Called when `/sys/kernel/bpf_testmod` is read.
pub(crate) fn file_is_read() {
    OPS3.with(|ops| ops.test_1());
}

/// Calls `test_1`.
#[kfunc(struct_ops)]
fn bpf_testmod_ops3_call_test_1() {
    OPS3.with(|ops| ops.test_1());
}

/// Calls `test_2`.
#[kfunc(struct_ops)]
fn bpf_testmod_ops3_call_test_2() {
    OPS3.with(|ops| ops.test_2());
}

/// Calls `test_arena`.
#[kfunc(syscall)]
fn bpf_testmod_ops3_call_test_arena(ptr: Arena<u64>) -> i32 {
    OPS3.with(|ops| ops.test_arena(ptr)).flatten().unwrap_or(-1)
}

/// Calls `test_arena_nullable`.
#[kfunc(syscall)]
fn bpf_testmod_ops3_call_test_arena_nullable(ptr: Option<Arena<u64>>) -> i32 {
    OPS3.with(|ops| ops.test_arena_nullable(ptr))
        .flatten()
        .unwrap_or(-1)
}

/// Calls `test_arena_stack`.
#[kfunc(syscall)]
fn bpf_testmod_ops3_call_test_arena_stack(ptr: Arena<u64>) -> i32 {
    OPS3.with(|ops| ops.test_arena_stack(1, 2, 3, 4, 5, 6, 7, 8, ptr))
        .flatten()
        .unwrap_or(-1)
}

/// Calls `test_arena_multislot`.
#[kfunc(syscall)]
fn bpf_testmod_ops3_call_test_arena_multislot(ptr: Arena<u64>) -> i32 {
    OPS3.with(|ops| ops.test_arena_multislot(BpfTestmodArenaPair { a: 11, b: 22 }, ptr))
        .flatten()
        .unwrap_or(-1)
}
