// SPDX-License-Identifier: GPL-2.0

//! What a module does with its tables: it may refuse one, and waits for the callers of one that goes.

use std::fs::File;
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    Object,
    ObjectBuilder, //
};
use rustix::io::Errno;
use struct_ops_user::kmsg::Kmsg;

use crate::env::{
    expect,
    expect_errno,
    Env,
    DRAIN,
    MINIMAL, //
};
use crate::libbpf::map;
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    program_may_refuse,
    required_callback_is_missing,
    sleepable_program_is_refused,
    detach_waits_for_a_sleeping_program,
];

const DEVICE: &str = "/dev/drain";

fn load(object: &[u8]) -> Result<Object> {
    Ok(ObjectBuilder::default().open_memory(object)?.load()?)
}

pub fn load_minimal() -> Result<Object> {
    load(include_bytes!(concat!(env!("OUT_DIR"), "/minimal.o")))
}

fn program_may_refuse(env: &Env) -> Result<()> {
    let module = env.module(MINIMAL)?.insert()?;
    let mut object = load_minimal()?;

    drop(map(&mut object, "agree")?.attach_struct_ops()?);
    let refused = map(&mut object, "refuse")?.attach_struct_ops();
    expect_errno("attach", refused.map_err(Into::into), Errno::ACCESS)?;
    drop(object);
    module.wait_refcount(0)
}

fn required_callback_is_missing(env: &Env) -> Result<()> {
    let module = env.module(MINIMAL)?.insert()?;
    let mut object = load_minimal()?;
    let mut log = Kmsg::open()?;

    let refused = map(&mut object, "empty")?.attach_struct_ops();
    expect_errno("attach", refused.map_err(Into::into), Errno::INVAL)?;
    let messages = log.messages()?;
    ensure!(
        messages.iter().any(|line| line.contains("`may_attach`")),
        "the log does not name the callback: {messages:?}"
    );
    drop(object);
    module.wait_refcount(0)
}

fn sleepable_program_is_refused(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = load(include_bytes!(concat!(env!("OUT_DIR"), "/sleepable.o")));

    expect_errno("load", object, Errno::INVAL)?;
    module.wait_refcount(0)
}

/// Waits until the kernel logs a line that contains `wanted`.
pub fn wait_for(log: &mut Kmsg, wanted: &str) -> Result<()> {
    let start = Instant::now();

    while start.elapsed() < Duration::from_secs(20) {
        if log.messages()?.iter().any(|line| line.contains(wanted)) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    bail!("no \"{wanted}\" in the kernel's log after 20 s")
}

fn detach_waits_for_a_sleeping_program(env: &Env) -> Result<()> {
    let module = env.module(DRAIN)?.insert()?;
    let mut object = load(include_bytes!(concat!(env!("OUT_DIR"), "/drain.o")))?;
    let mut log = Kmsg::open()?;

    let link = map(&mut object, "sleeper")?.attach_struct_ops()?;
    let caller = thread::spawn(|| File::open(DEVICE).map(drop));
    wait_for(&mut log, "drain: open: calling nap()")?;
    drop(link);

    let lines = log.messages()?;
    let called = caller.join();
    let lines: Vec<_> = lines
        .iter()
        .map(String::as_str)
        .filter(|line| line.starts_with("drain: "))
        .collect();
    expect(
        "the order of events",
        lines,
        vec!["drain: open: nap() = 0", "drain: unreg: 0 running"],
    )?;
    called.ok().context("the caller panicked")??;

    let nobody = File::open(DEVICE).map(drop).map_err(Into::into);
    expect_errno("open without a program", nobody, Errno::NXIO)?;
    drop(object);
    module.wait_refcount(0)
}
