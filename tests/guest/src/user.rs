// SPDX-License-Identifier: GPL-2.0

//! The command `struct-ops`: what it attaches, and what it says when it cannot.

use std::fs;
use std::path::Path;
use std::process::{
    Command,
    Stdio, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::Link;
use struct_ops_user::{
    check,
    list, //
};
use testmod_loader::testmod::OBJECT;

use crate::env::{
    expect,
    Env,
    MINIMAL,
    QUOTA,
    SLOTS, //
};
use crate::ktap::Skip;
use crate::level::another_minimal;
use crate::refusals::refused;
use crate::{
    objects,
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    optional_maps_are_attached_when_named,
    maps_with_and_without_a_link,
    pins_that_are_there_already,
    member_that_the_type_has_not,
    program_that_must_not_sleep,
    programs_that_are_not_compiled,
    type_of_two_modules,
    replaced_and_detached,
    json_and_doctor,
];

const OPTIONAL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/optional.o"));
const BOTH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/both.o"));
const SLEEPABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sleepable.o"));
const NEWER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/newer.o"));

/// Runs the command, which has to succeed, and returns what it says.
fn run(env: &Env, args: &[&Path]) -> Result<String> {
    let output = Command::new(env.command())
        .args(args)
        .stdin(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "{args:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// The names of the struct_ops maps that are attached.
fn attached() -> Result<Vec<String>> {
    let maps = list::maps()?;
    Ok(maps
        .into_iter()
        .filter(|map| map.is_attached)
        .map(|map| map.name)
        .collect())
}

fn optional_maps_are_attached_when_named(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("optional.bpf.o", OPTIONAL)?;

    refused(
        Command::new(env.command()).arg("attach").arg(&object),
        "only created if they are asked for: give --map spare or --map another",
    )?;
    let said = run(
        env,
        &[
            "attach".as_ref(),
            &object,
            "--map".as_ref(),
            "another".as_ref(),
            "--pin".as_ref(),
            env.pins(),
        ],
    )?;
    expect("what is attached", attached()?, vec!["another".to_owned()])?;
    ensure!(
        said.contains("spare: bpf_testmod_ops left out; --map spare attaches it"),
        "{said}"
    );
    run(env, &["detach".as_ref(), &env.pins().join("another")])?;
    module.wait_refcount(0)
}

fn maps_with_and_without_a_link(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("both.bpf.o", BOTH)?;

    let said = run(
        env,
        &["attach".as_ref(), &object, "--pin".as_ref(), env.pins()],
    )?;
    ensure!(
        said.contains(
            "a_stays: bpf_testmod_ops of bpf_testmod, stays until it is deleted: struct-ops detach"
        ),
        "{said}"
    );
    let mut names = attached()?;
    names.sort();
    expect(
        "what is attached",
        names,
        vec!["a_stays".to_owned(), "b_linked".to_owned()],
    )?;
    let link =
        Link::open(env.pins().join("b_linked")).context("the link is not pinned by its name")?;
    drop(link);
    ensure!(
        !fs::exists(env.pins().join("a_stays"))?,
        "a map without a link has a pin"
    );

    let maps = list::maps()?;
    let map = maps
        .iter()
        .find(|map| map.name == "a_stays")
        .context("not listed")?;
    expect("its callbacks", &map.callbacks, &vec!["test_1".to_owned()])?;
    expect("its type", map.kind.as_str(), "bpf_testmod_ops")?;
    let id = map.id;
    run(env, &["detach".as_ref(), id.to_string().as_ref()])?;
    run(env, &["detach".as_ref(), &env.pins().join("b_linked")])?;
    module.wait_refcount(0)
}

fn pins_that_are_there_already(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("testmod.bpf.o", OBJECT)?;

    run(
        env,
        &[
            "attach".as_ref(),
            &object,
            "--map".as_ref(),
            "second".as_ref(),
            "--pin".as_ref(),
            env.pins(),
        ],
    )?;
    // `first` comes before it, and could be attached.
    refused(
        Command::new(env.command())
            .arg("attach")
            .arg(&object)
            .arg("--pin")
            .arg(env.pins()),
        "second is there already, nothing was changed",
    )?;
    expect("what is attached", attached()?, vec!["second".to_owned()])?;
    run(env, &["detach".as_ref(), &env.pins().join("second")])?;
    module.wait_refcount(0)
}

fn member_that_the_type_has_not(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("newer.bpf.o", NEWER)?;

    refused(
        Command::new(env.command()).arg("check").arg(&object),
        "the map newer sets added_later, which the type has not: the module is older than the program",
    )?;
    module.wait_refcount(0)
}

fn program_that_must_not_sleep(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("sleepable.bpf.o", SLEEPABLE)?;

    refused(
        Command::new(env.command()).arg("check").arg(&object),
        "bpf_testmod_ops takes no program for test_1 that sleeps: make the section of sleepable_test_1 \
         SEC(\"struct_ops/test_1\")",
    )?;
    module.wait_refcount(0)
}

fn programs_that_are_not_compiled(env: &Env) -> Result<()> {
    const SWITCH: &str = "/proc/sys/net/core/bpf_jit_enable";
    let module = env.module(QUOTA)?.insert()?;
    // It calls a kfunc, which is for compiled programs only.
    let object = env.file("quota.bpf.o", quota_loader::policy::OBJECT)?;

    let before = fs::read_to_string(SWITCH)?;
    if fs::write(SWITCH, "0").is_err() {
        bail!(Skip("this kernel always compiles programs".to_owned()));
    }
    let result = refused(
        Command::new(env.command()).arg("check").arg(&object),
        "sysctl net.core.bpf_jit_enable=1",
    );
    fs::write(SWITCH, before.trim())?;
    result?;
    run(env, &["check".as_ref(), &object])?;
    module.wait_refcount(0)
}

fn type_of_two_modules(env: &Env) -> Result<()> {
    let _one = env.module(MINIMAL)?.insert()?;
    let _another = another_minimal(env)?.insert()?;
    expect(
        "who offers it",
        check::offering("minimal_ops")?,
        vec![MINIMAL.to_owned(), "another".to_owned()],
    )?;
    // A name that only begins like it is another.
    expect(
        "who offers the other",
        check::offering("minimal_op")?,
        Vec::new(),
    )
}

fn replaced_and_detached(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let object = env.file("slots.bpf.o", objects::OBJECT)?;
    let pin = env.pins().join("five");

    run(
        env,
        &[
            "attach".as_ref(),
            &object,
            "--map".as_ref(),
            "five".as_ref(),
            "--pin".as_ref(),
            env.pins(),
        ],
    )?;
    refused(
        Command::new(env.command())
            .arg("replace")
            .arg(&pin)
            .arg(&object),
        "the object has several maps: give --map ",
    )?;
    run(
        env,
        &[
            "replace".as_ref(),
            &pin,
            &object,
            "--map".as_ref(),
            "ten".as_ref(),
        ],
    )?;
    expect("what is attached", attached()?, vec!["ten".to_owned()])?;
    let said = run(env, &["list".as_ref()])?;
    ensure!(
        said.contains(&format!(", {}", pin.display())) && said.contains("ten of slots: "),
        "{said}"
    );
    ensure!(
        said.lines().all(|line| line.len() <= 80),
        "wider than 80: {said}"
    );
    run(env, &["detach".as_ref(), &pin])?;
    ensure!(!fs::exists(&pin)?, "the pin is still there");
    module.wait_refcount(0)
}

fn json_and_doctor(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let said = run(env, &["doctor".as_ref()])?;
    ensure!(said.contains("modules with types: bpf_testmod ("), "{said}");
    let said = run(env, &["list".as_ref(), "--json".as_ref()])?;
    expect("no map", said.trim(), "[]")?;
    for args in [["completions", "bash"].as_slice(), &["man"]] {
        let args: Vec<&Path> = args.iter().map(Path::new).collect();
        ensure!(run(env, &args)?.contains("replace"), "{args:?}");
    }
    module.wait_refcount(0)
}
