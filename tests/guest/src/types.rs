// SPDX-License-Identifier: GPL-2.0

//! The kernel's list of registered types tells who uses a type that a Rust module registered.

use std::mem::MaybeUninit;
use std::process::Command;

use anyhow::{
    bail,
    ensure,
    Result, //
};
use struct_ops_user::{
    check,
    types, //
};
use testmod_loader::testmod::{
    Instance,
    Which,
    TYPE, //
};

use crate::env::{
    expect,
    Env,
    TESTMOD, //
};
use crate::ktap::Skip;
use crate::refusals::refused;
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    maps_and_links_are_counted,
    command_prints_them_or_says_that_it_cannot,
];

/// The maps and links of the type, or nothing when it is not registered.
fn users() -> Result<Option<(u32, u32)>> {
    Ok(types::list()?
        .iter()
        .find(|each| each.name == TYPE && each.module == TESTMOD)
        .map(|each| (each.maps, each.links)))
}

fn maps_and_links_are_counted(env: &Env) -> Result<()> {
    if !check::has_types_iterator()? {
        bail!(Skip("this kernel does not list its types".to_owned()));
    }
    expect("before insmod", users()?, None)?;
    let module = env.testmod()?;
    expect("after insmod", users()?, Some((0, 0)))?;

    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;
    expect("with a map", users()?, Some((1, 0)))?;
    let link = instance.attach()?;
    expect("attached", users()?, Some((1, 1)))?;
    drop(link);
    expect("detached", users()?, Some((1, 0)))?;
    drop(instance);
    module.wait_refcount(0)?;
    expect("map freed", users()?, Some((0, 0)))?;

    drop(module);
    expect("after rmmod", users()?, None)
}

fn command_prints_them_or_says_that_it_cannot(env: &Env) -> Result<()> {
    let _module = env.testmod()?;
    let mut command = Command::new(env.command());
    command.arg("types");

    if !check::has_types_iterator()? {
        return refused(&mut command, "this kernel cannot list its struct_ops types");
    }
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{output:?}");
    expect("the head", said.lines().next(), Some(types::HEAD))?;
    let line = said
        .lines()
        .find(|line| line.starts_with(&format!("{TYPE} ")))
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let Some(&[_, module, _, "0", "0"]) = line.as_deref() else {
        bail!("no line for a {TYPE} without users: {said}");
    };
    expect("the module", module, TESTMOD)
}
