// SPDX-License-Identifier: GPL-2.0

//! The verifier keeps programs to the rules that a module has for them.

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::Object;
use rustix::io::Errno;

use crate::env::{
    expect,
    expect_errno,
    Env,
    POLICY, //
};
use crate::programs::{
    self,
    run, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    writable_fields_can_be_written_to,
    other_memory_cannot,
    kfuncs_are_for_their_types_and_members,
    kfuncs_are_for_their_programs,
    sleeping_kfunc_is_for_sleepable_programs,
    kfuncs_are_announced_once_while_loading,
    denied_helper_is_refused,
];

/// Loads the program of one map, with that map, or a program that has none.
fn load(name: &str) -> Result<Object> {
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/policy.o"));
    programs::load(object, &[name, &format!("prog_{name}")], &[name])
}

fn accepted(names: &[&str]) -> Result<()> {
    names
        .iter()
        .try_for_each(|name| load(name).map(drop).with_context(|| (*name).to_owned()))
}

fn refused(errno: Errno, names: &[&str]) -> Result<()> {
    names
        .iter()
        .try_for_each(|name| expect_errno(name, load(name), errno))
}

fn writable_fields_can_be_written_to(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    accepted(&["writes_used", "writes_half", "writes_flags"])
}

fn other_memory_cannot(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    refused(
        Errno::ACCESS,
        &[
            "writes_limit",
            "writes_owner",
            "writes_both",
            "writes_behind",
            "writes_task",
        ],
    )
}

fn kfuncs_are_for_their_types_and_members(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    accepted(&[
        "charge_calls",
        "peek_calls_type",
        "charge_calls_two",
        "settle_calls_two",
        "other_calls_other",
    ])?;
    refused(
        Errno::ACCESS,
        &[
            "peek_calls_member",
            "peek_calls_two",
            "other_calls_type",
            "other_calls_member",
            "charge_calls_other",
        ],
    )
}

fn kfuncs_are_for_their_programs(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    accepted(&["syscall_calls_member"])?;
    refused(
        Errno::ACCESS,
        &["syscall_calls_type", "charge_calls_syscall"],
    )
}

fn sleeping_kfunc_is_for_sleepable_programs(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    accepted(&["settle_sleeps"])?;
    refused(Errno::ACCESS, &["settle_does_not_sleep"])
}

fn kfuncs_are_announced_once_while_loading(env: &Env) -> Result<()> {
    // Its `init` fails if it can announce them twice.
    let _module = env.module(POLICY)?.insert()?;
    let errno = run(&load("registers")?, "registers")?.wrapping_neg();
    expect("registering late", errno, Errno::PERM.raw_os_error())
}

fn denied_helper_is_refused(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    accepted(&["charge_time"])?;
    refused(Errno::INVAL, &["peek_time", "peek_jiffies"])
}
