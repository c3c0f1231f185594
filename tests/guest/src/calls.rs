// SPDX-License-Identifier: GPL-2.0

//! What goes into the programs and what comes out of them.

use std::mem::MaybeUninit;

use anyhow::{
    ensure,
    Result, //
};
use struct_ops_user::kmsg::Kmsg;
use testmod_loader::testmod::{
    Instance,
    Which,
    NO_TASK, //
};

use crate::env::{
    expect,
    Env, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    results_reach_the_module,
    arguments_reach_the_program,
    task_may_be_null,
    missing_callbacks_are_not_called,
];

/// The module's messages while `act` runs.
fn logged(act: impl FnOnce() -> Result<()>) -> Result<Vec<String>> {
    let mut log = Kmsg::open()?;

    act()?;
    log.messages()
}

fn results_reach_the_module(env: &Env) -> Result<()> {
    let _module = env.testmod()?;

    for which in [Which::First, Which::Second] {
        let mut storage = MaybeUninit::uninit();
        let mut instance = Instance::load(&mut storage, which, 11)?;
        let messages = logged(|| instance.attach().map(drop))?;

        for wanted in [
            format!("bpf_testmod: test_1() = {}", which.test_1()),
            format!("bpf_testmod: test_maybe_null(11, NULL) = {NO_TASK}"),
        ] {
            ensure!(
                messages.contains(&wanted),
                "no \"{wanted}\" in {messages:?}"
            );
        }
    }
    Ok(())
}

fn arguments_reach_the_program(env: &Env) -> Result<()> {
    let _module = env.testmod()?;

    for data in [0, 1, -1, i32::MAX, i32::MIN] {
        let mut storage = MaybeUninit::uninit();
        let mut instance = Instance::load(&mut storage, Which::First, data)?;
        let messages = logged(|| instance.attach().map(drop))?;
        let seen = instance.globals()?;

        expect(
            "arguments of test_2",
            (seen.test_2_a, seen.test_2_b),
            (4, data),
        )?;
        expect("argument of test_maybe_null", seen.maybe_null_dummy, data)?;
        for wanted in [
            format!("bpf_testmod: data = {data}"),
            format!("bpf_testmod: test_2(4, {data})"),
        ] {
            ensure!(
                messages.contains(&wanted),
                "no \"{wanted}\" in {messages:?}"
            );
        }
    }
    Ok(())
}

fn task_may_be_null(env: &Env) -> Result<()> {
    let _module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;

    for calls in 1..=3 {
        drop(instance.attach()?);
        let seen = instance.globals()?;
        expect("calls", seen.maybe_null_calls, calls)?;
        expect("calls without a task", seen.maybe_null_nulls, calls)?;
    }
    Ok(())
}

fn missing_callbacks_are_not_called(env: &Env) -> Result<()> {
    let _module = env.testmod()?;
    let mut object = crate::libbpf::open_mixed()?;

    crate::libbpf::leave_out(&mut object, "unknown")?;
    let mut object = object.load()?;
    let mut known = crate::libbpf::map(&mut object, "known")?;
    let messages = logged(|| Ok(known.attach_struct_ops().map(drop)?))?;

    let wanted = "bpf_testmod: test_1() = 5";
    ensure!(
        messages.iter().any(|line| line == wanted),
        "no \"{wanted}\" in {messages:?}"
    );
    let others = messages
        .iter()
        .filter(|line| line.contains("test_2") || line.contains("NULL"));
    expect("calls of missing callbacks", others.count(), 0)
}
