// SPDX-License-Identifier: GPL-2.0

//! `bpf_testmod_st_ops` and `bpf_testmod_multi_st_ops`: instructions around programs, memory that is
//! shared with kfuncs, and several programs at a time.

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

/// What the kfuncs pass on to programs.
#[c_struct]
pub(crate) struct StOpsArgs {
    #[writable]
    a: u64,
}

/// A type with instructions around its programs.
#[struct_ops(name = "bpf_testmod_st_ops", slot = ST_OPS)]
pub(crate) struct TestmodStOps {
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
pub(crate) struct TestmodNode {
    next: usize,
    pprev: usize,
}

/// A type that several programs implement at a time.
#[struct_ops(name = "bpf_testmod_multi_st_ops", slot = MULTI)]
pub(crate) struct TestmodMultiStOps {
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
