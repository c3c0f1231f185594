// SPDX-License-Identifier: GPL-2.0

//! Struct_ops types of the kernel's BPF selftests, in Rust.
//!
//! Replaces what is about struct_ops in `tools/testing/selftests/bpf/test_kmods/bpf_testmod.c`. When a
//! program for the type `bpf_testmod_ops` is attached, the module calls it and prints what it
//! returned.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::{
    code::{
        Alu,
        Kfunc,
        R0,
        R1,
        R6,
        R7,
        R8, //
    },
    prelude::*, //
};

module! {
    type: Testmod,
    name: "bpf_testmod",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops type for tests, in Rust",
    license: "GPL",
}

/// A member that the registry cannot fill.
#[c_struct]
pub struct TestmodUnsupported {
    a: i32,
    b: i32,
}

/// What a program may implement: anything, or nothing.
#[struct_ops(name = "bpf_testmod_ops")]
pub struct TestmodOps {
    /// Called when the program is attached.
    #[optional]
    test_1: fn() -> i32,
    /// Called with 4 and `data` when the program is attached.
    #[optional]
    test_2: fn(a: i32, b: i32),
    /// Tests nullable arguments.
    #[optional]
    test_maybe_null: fn(dummy: i32, task: Option<&Task>) -> i32,
    /// No program may implement this.
    #[unsupported]
    unsupported_ops: fn() -> i32,
    /// Tests owned arguments.
    #[optional]
    test_refcounted: fn(dummy: i32, task: ARef<Task>) -> i32,
    /// Tests an owned argument that is not the first pointer.
    #[optional]
    test_refcounted_multi: fn(dummy: i32, task: Option<&Task>, task2: ARef<Task>) -> i32,
    /// Tests returning an owned pointer.
    #[optional]
    test_return_ref_kptr: fn(dummy: i32, task: ARef<Task>, cgrp: &Cgroup) -> Option<ARef<Task>>,

    /// Tests the values that user space sees.
    #[private]
    onebyte: c_char,
    /// The same, for a struct.
    #[private]
    unsupported: TestmodUnsupported,
    /// Passed to `test_2`.
    data: i32,

    // Forty more: their trampolines need several pages.
    /// Not called.
    #[optional]
    tramp_1: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_2: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_3: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_4: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_5: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_6: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_7: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_8: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_9: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_10: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_11: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_12: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_13: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_14: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_15: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_16: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_17: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_18: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_19: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_20: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_21: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_22: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_23: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_24: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_25: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_26: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_27: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_28: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_29: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_30: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_31: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_32: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_33: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_34: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_35: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_36: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_37: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_38: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_39: fn(value: i32) -> i32,
    /// Not called.
    #[optional]
    tramp_40: fn(value: i32) -> i32,
}

impl StructOpsType for TestmodOps {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        let data = ops.data();
        pr_info!("data = {}\n", data);
        if let Some(ret) = ops.test_1() {
            pr_info!("test_1() = {}\n", ret);
        }
        if ops.test_2(4, data).is_some() {
            pr_info!("test_2(4, {})\n", data);
        }
        if let Some(ret) = ops.test_maybe_null(data, None) {
            pr_info!("test_maybe_null({}, NULL) = {}\n", data, ret);
        }
        ops.attach()
    }
}

/// A second type of the module.
#[struct_ops(name = "bpf_testmod_ops2")]
pub struct TestmodOps2 {
    /// Called when the program is attached.
    test_1: fn() -> i32,
}

impl StructOpsType for TestmodOps2 {
    fn reg(ops: Attachment<'_, Self>) -> Result {
        ops.test_1();
        ops.attach()
    }
}

/// 16 bytes: two arguments of a program.
#[c_struct]
pub struct BpfTestmodArenaPair {
    a: u64,
    b: u64,
}

/// A type whose callbacks are called by kfuncs.
#[struct_ops(name = "bpf_testmod_ops3", slot = OPS3)]
pub struct TestmodOps3 {
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

/// The file that tests read to have the module do something.
struct TestFile;

impl Trigger for TestFile {
    const NAME: &'static CStr = c"bpf_testmod";

    fn trigger() -> Result {
        OPS3.with(|ops| ops.test_1());
        Ok(())
    }
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

/// What the kfuncs pass on to programs.
#[c_struct]
pub struct StOpsArgs {
    #[writable]
    a: u64,
}

/// A type with instructions around its programs.
#[struct_ops(name = "bpf_testmod_st_ops", slot = ST_OPS)]
pub struct TestmodStOps {
    /// Called by a kfunc, with 1000 more.
    #[optional]
    #[prologue(prologue)]
    test_prologue: fn(args: &Shared<StOpsArgs>) -> i32,
    /// Called by a kfunc, and then adds 10000 and returns twice the sum.
    #[optional]
    #[epilogue(epilogue)]
    test_epilogue: fn(args: &Shared<StOpsArgs>) -> i32,
    /// Both.
    #[optional]
    #[prologue(prologue)]
    #[epilogue(epilogue)]
    test_pro_epilogue: fn(args: &Shared<StOpsArgs>) -> i32,
}

static ST_OPS: Exclusive<TestmodStOps> = Exclusive::new();

impl StructOpsType for TestmodStOps {}

/// Programs whose name begins like this get instructions that call functions as well.
const WITH_KFUNC: &[u8] = b"test_kfunc_";

fn prologue(prog: &Prog) -> Option<&'static Prologue<(&'static Shared<StOpsArgs>,)>> {
    static PLAIN: Prologue<(&Shared<StOpsArgs>,)> = Prologue::begin()
        .load_argument(R6, R1, 0)
        .load(R7, R6, field!(StOpsArgs, a))
        .alu(Alu::Add, R7, 1000)
        .store(R6, field!(StOpsArgs, a), R7)
        .finish();
    // There is no cgroup 0.
    static CALLS: Prologue<(&Shared<StOpsArgs>,)> = Prologue::begin()
        .copy(R8, R1)
        .set(R1, 0)
        .call(Kfunc::CgroupFromId)
        .if_null(R0)
        .load_argument(R6, R8, 0)
        .load(R7, R6, field!(StOpsArgs, a))
        .alu(Alu::Add, R7, 1000)
        .store(R6, field!(StOpsArgs, a), R7)
        .otherwise()
        .copy(R1, R0)
        .call(Kfunc::CgroupRelease)
        .end_if()
        .copy(R1, R8)
        .finish();
    let calls = prog.name().to_bytes().starts_with(WITH_KFUNC);
    Some(if calls { &CALLS } else { &PLAIN })
}

fn epilogue(prog: &Prog) -> Option<&'static Epilogue<(&'static Shared<StOpsArgs>,), i32>> {
    static PLAIN: Epilogue<(&Shared<StOpsArgs>,), i32> = Epilogue::begin()
        .load_context(R1)
        .load_argument(R1, R1, 0)
        .load(R6, R1, field!(StOpsArgs, a))
        .alu(Alu::Add, R6, 10000)
        .store(R1, field!(StOpsArgs, a), R6)
        .copy(R0, R6)
        .alu(Alu::Mul, R0, 2)
        .finish();
    static CALLS: Epilogue<(&Shared<StOpsArgs>,), i32> = Epilogue::begin()
        .set(R1, 0)
        .set(R6, 0)
        .call(Kfunc::CgroupFromId)
        .if_null(R0)
        .load_context(R1)
        .load_argument(R1, R1, 0)
        .load(R6, R1, field!(StOpsArgs, a))
        .alu(Alu::Add, R6, 10000)
        .store(R1, field!(StOpsArgs, a), R6)
        .otherwise()
        .copy(R1, R0)
        .call(Kfunc::CgroupRelease)
        .end_if()
        .copy(R0, R6)
        .alu(Alu::Mul, R0, 2)
        .finish();
    let calls = prog.name().to_bytes().starts_with(WITH_KFUNC);
    Some(if calls { &CALLS } else { &PLAIN })
}

/// Calls `test_prologue`.
#[kfunc(syscall, sleepable)]
fn bpf_kfunc_st_ops_test_prologue(args: &Shared<StOpsArgs>) -> i32 {
    ST_OPS
        .with(|ops| ops.test_prologue(args))
        .flatten()
        .unwrap_or(-1)
}

/// Calls `test_epilogue`.
#[kfunc(syscall, sleepable)]
fn bpf_kfunc_st_ops_test_epilogue(args: &Shared<StOpsArgs>) -> i32 {
    ST_OPS
        .with(|ops| ops.test_epilogue(args))
        .flatten()
        .unwrap_or(-1)
}

/// Calls `test_pro_epilogue`.
#[kfunc(syscall, sleepable)]
fn bpf_kfunc_st_ops_test_pro_epilogue(args: &Shared<StOpsArgs>) -> i32 {
    ST_OPS
        .with(|ops| ops.test_pro_epilogue(args))
        .flatten()
        .unwrap_or(-1)
}

/// Adds 10.
#[kfunc(struct_ops)]
fn bpf_kfunc_st_ops_inc10(args: &Shared<StOpsArgs>) -> i32 {
    let a = args.read(field!(StOpsArgs, a)).wrapping_add(10);
    args.write(field!(StOpsArgs, a), a);
    a as i32
}

/// Has the size of the kernel's `struct hlist_node`.
#[c_struct]
pub struct TestmodNode {
    next: usize,
    pprev: usize,
}

/// A type that several programs implement at a time.
#[struct_ops(name = "bpf_testmod_multi_st_ops", slot = MULTI)]
pub struct TestmodMultiStOps {
    /// Called by the kfuncs.
    test_1: fn(args: &Shared<StOpsArgs>) -> i32,
    /// Not used: the slot has the tables.
    #[private]
    node: TestmodNode,
    /// Not used: the table knows its map.
    #[private]
    id: i32,
}

static MULTI: Many<TestmodMultiStOps, 16> = Many::new();

impl StructOpsType for TestmodMultiStOps {}

/// Calls `test_1` of the map with this id.
#[kfunc(struct_ops, syscall, tracing)]
fn bpf_kfunc_multi_st_ops_test_1(args: &Shared<StOpsArgs>, id: u32) -> i32 {
    MULTI
        .find(|ops| ops.map_id() == id, |ops| ops.test_1(args))
        .unwrap_or(-1)
}

/// Calls `test_1` of the map that the program is associated with.
#[kfunc(struct_ops, syscall, tracing)]
fn bpf_kfunc_multi_st_ops_test_1_assoc(args: &Shared<StOpsArgs>, aux: &Caller) -> i32 {
    MULTI
        .find_associated(aux, |ops| ops.test_1(args))
        .unwrap_or(-1)
}

#[pin_data]
struct Testmod {
    #[pin]
    _file: TriggerFile<TestFile>,
    #[pin]
    _ops: Registration<TestmodOps>,
    #[pin]
    _ops2: Registration<TestmodOps2>,
    #[pin]
    _ops3: Registration<TestmodOps3>,
    #[pin]
    _st_ops: Registration<TestmodStOps>,
    #[pin]
    _multi_st_ops: Registration<TestmodMultiStOps>,
}

impl kernel::InPlaceModule for Testmod {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs!()? },
            _file <- create_trigger!(TestFile),
            _ops <- register_struct_ops!(TestmodOps),
            _ops2 <- register_struct_ops!(TestmodOps2),
            _ops3 <- register_struct_ops!(TestmodOps3),
            _st_ops <- register_struct_ops!(TestmodStOps),
            _multi_st_ops <- register_struct_ops!(TestmodMultiStOps),
        })
    }
}
