// SPDX-License-Identifier: GPL-2.0

//! Bad input to the command and the demo: one clear line, a non-zero exit status, nothing left behind.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{
    Command,
    Stdio, //
};

use anyhow::{
    ensure,
    Result, //
};
use testmod_loader::testmod::OBJECT;

use crate::env::{
    Env,
    TESTMOD,
    TWICE, //
};
use crate::libbpf::{
    MIXED,
    PLAIN, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    type_that_nobody_offers,
    module_that_is_not_loaded,
    no_struct_ops_in_the_object,
    not_an_object,
    missing_file,
    missing_module,
    not_a_module,
    not_root,
    pin_outside_of_a_bpffs,
    demo_with_a_module_that_is_loaded,
    demo_with_another_module,
];

/// The user `nobody`.
const NOBODY: u32 = 65534;

/// Runs `loader`, which has to fail with one line that contains `reason`.
pub fn refused(loader: &mut Command, reason: &str) -> Result<()> {
    let output = loader.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);

    ensure!(!output.status.success(), "it succeeded");
    ensure!(output.status.code().is_some(), "{}", output.status);
    ensure!(
        said.lines().count() == 1 && said.contains(reason),
        "expected one line with \"{reason}\", got: {said}"
    );
    Ok(())
}

fn attach(env: &Env, object: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(env.command());
    command.arg("attach").arg(object);
    command
}

fn demo(env: &Env, module: impl AsRef<OsStr>) -> Command {
    let mut demo = Command::new(env.demo());
    demo.arg(module);
    demo
}

fn type_that_nobody_offers(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("mixed.bpf.o", MIXED)?;

    refused(
        &mut attach(env, object),
        "nobody offers the struct_ops type no_such_ops",
    )?;
    module.wait_refcount(0)
}

fn module_that_is_not_loaded(env: &Env) -> Result<()> {
    let object = env.file("testmod.bpf.o", OBJECT)?;

    refused(
        &mut attach(env, object),
        "nobody offers the struct_ops type bpf_testmod_ops",
    )
}

fn no_struct_ops_in_the_object(env: &Env) -> Result<()> {
    let object = env.file("plain.bpf.o", PLAIN)?;

    refused(&mut attach(env, object), "no struct_ops map in it")
}

fn not_an_object(env: &Env) -> Result<()> {
    let object = env.file("text.bpf.o", b"text")?;

    refused(&mut attach(env, object), "not a BPF object file")
}

fn missing_file(env: &Env) -> Result<()> {
    refused(
        &mut attach(env, "/no/such.bpf.o"),
        "/no/such.bpf.o: no such file",
    )
}

fn missing_module(env: &Env) -> Result<()> {
    refused(&mut demo(env, "/no/such.ko"), "/no/such.ko: no such file")
}

fn not_a_module(env: &Env) -> Result<()> {
    let module = env.file("text.ko", b"text")?;

    refused(&mut demo(env, module), "not a kernel module")
}

fn not_root(env: &Env) -> Result<()> {
    let object = env.file("testmod.bpf.o", OBJECT)?;
    let module = env.module(TESTMOD)?;

    for mut loader in [attach(env, object), demo(env, module.path())] {
        refused(loader.uid(NOBODY).gid(NOBODY), "this needs root")?;
    }
    Ok(())
}

fn pin_outside_of_a_bpffs(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let object = env.file("testmod.bpf.o", OBJECT)?;

    refused(
        attach(env, object).args(["--pin", "/tmp"]),
        "/tmp is not in a bpffs",
    )?;
    ensure!(!fs::exists("/tmp/first")?, "it leaves a file behind");
    module.wait_refcount(0)
}

fn demo_with_a_module_that_is_loaded(env: &Env) -> Result<()> {
    let module = env.testmod()?;

    refused(&mut demo(env, module.path()), "already loaded")?;
    ensure!(module.is_loaded(), "it has removed the module");
    Ok(())
}

fn demo_with_another_module(env: &Env) -> Result<()> {
    let module = env.module(TWICE)?;

    refused(
        &mut demo(env, module.path()),
        "the kernel refused module twice",
    )
}
