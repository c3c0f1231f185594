// SPDX-License-Identifier: GPL-2.0

//! Modules whose registration has to fail.

use std::fs;
use std::process::Command;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use rustix::io::Errno;
use struct_ops_user::check;
use struct_ops_user::kmod::Module;
use struct_ops_user::kmsg::Kmsg;

use crate::env::{
    expect,
    expect_errno,
    Env,
    TESTMOD,
    TWICE, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    type_is_in_the_btf_of_its_module,
    second_registration,
    stripped_btf
];

fn type_is_in_the_btf_of_its_module(env: &Env) -> Result<()> {
    let offering = || check::offering(testmod_loader::testmod::TYPE);

    expect("without the module", offering()?, Vec::new())?;
    let module = env.testmod()?;
    expect("with the module", offering()?, vec![TESTMOD.to_owned()])?;
    module.remove().context("rmmod")?;
    expect("without the module again", offering()?, Vec::new())
}

/// Inserts a module that has to fail, and returns what the kernel's log says about `topic`.
fn failing_insert(module: &Module, errno: Errno, topic: &str) -> Result<String> {
    let mut log = Kmsg::open()?;

    expect_errno("insmod", module.insert(), errno)?;
    ensure!(!module.is_loaded(), "the module is loaded all the same");

    let messages = log.messages()?;
    let mut about = messages.iter().filter(|line| line.contains(topic));
    match (about.next(), about.next()) {
        (Some(line), None) => Ok(line.clone()),
        _ => bail!("expected one line about \"{topic}\" in the kernel's log: {messages:?}"),
    }
}

fn second_registration(env: &Env) -> Result<()> {
    let module = env.module(TWICE)?;

    // `init` returns EEXIST, which the module loader has reserved for itself and replaces.
    // The second time shows that the first left nothing behind.
    for _ in 0..2 {
        let line = failing_insert(&module, Errno::BUSY, "already registered")?;
        ensure!(line.contains("twice_ops"), "does not name the type: {line}");
    }
    Ok(())
}

fn stripped_btf(env: &Env) -> Result<()> {
    let whole = env.module(TESTMOD)?;
    let stripped = env.file(&format!("{TESTMOD}.ko"), &fs::read(whole.path())?)?;
    let objcopy = Command::new("objcopy")
        .args(["-R", ".BTF"])
        .arg(&stripped)
        .status()
        .context("cannot run objcopy")?;
    ensure!(objcopy.success(), "objcopy: {objcopy}");

    let module = Module::new(&stripped)?;
    let line = failing_insert(&module, Errno::NODATA, "no usable BTF")?;
    ensure!(line.contains(TESTMOD), "does not name the module: {line}");

    let err = module
        .insert()
        .map(drop)
        .err()
        .context("insmod succeeded")?;
    ensure!(
        format!("{err:#}").contains("has no BTF"),
        "the loader says: {err:#}"
    );
    Ok(())
}
