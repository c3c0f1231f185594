// SPDX-License-Identifier: GPL-2.0

//! The verifier keeps programs to the rules that a module has for them.

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::ObjectBuilder;
use rustix::io::Errno;

use crate::env::{
    expect_errno,
    Env,
    POLICY, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    writable_fields_can_be_written_to,
    other_memory_cannot,
    kfuncs_are_for_their_types_and_members,
    denied_helper_is_refused,
];

/// Loads the program of one map, with that map.
fn load(name: &str) -> Result<()> {
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/policy.o"));
    let mut builder = ObjectBuilder::default();
    let mut object = builder.open_memory(object)?;
    for mut map in object.maps_mut() {
        let wanted = map.name() == name;
        map.set_autocreate(wanted)?;
    }
    object.load()?;
    Ok(())
}

fn accepted(names: &[&str]) -> Result<()> {
    names
        .iter()
        .try_for_each(|name| load(name).with_context(|| (*name).to_owned()))
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
    accepted(&["charge_calls", "peek_calls_type"])?;
    refused(
        Errno::ACCESS,
        &[
            "peek_calls_member",
            "other_calls_type",
            "other_calls_member",
        ],
    )
}

fn denied_helper_is_refused(env: &Env) -> Result<()> {
    let _module = env.module(POLICY)?.insert()?;
    accepted(&["charge_time"])?;
    refused(Errno::INVAL, &["peek_time"])
}
