// SPDX-License-Identifier: GPL-2.0

//! What the registry refuses with the series, and the crate does without it.

use std::fs;
use std::os::fd::AsFd;

use anyhow::{
    bail,
    Context,
    Result, //
};
use guest_tests::stress::{
    btf_of,
    Device,
    Kind, //
};
use rustix::io::Errno;
use struct_ops_user::kmod::Module;
use struct_ops_user::Attached;

use crate::env::{
    expect_errno,
    lacks_series,
    Env,
    MINIMAL,
    SLOTS,
    STRESS, //
};
use crate::ktap::Skip;
use crate::libbpf::map;
use crate::programs::load;
use crate::{
    objects,
    slots,
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    map_is_linked_once,
    program_is_for_the_module,
    mistaken_members_are_refused,
    tail_calls_are_refused,
    type_is_registered_while_loading,
];

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/level.o"));

/// Skips a test of what the crate does on a kernel without the series.
fn without_the_series(env: &Env) -> Result<()> {
    if !lacks_series(env.module(MINIMAL)?.path())? {
        bail!(Skip("this kernel has the series".to_owned()));
    }
    Ok(())
}

fn map_is_linked_once(env: &Env) -> Result<()> {
    let _module = env.module(SLOTS)?.insert()?;
    let mut object = objects::load()?;

    for name in ["five", "several_1", "counted"] {
        let link = map(&mut object, name)?.attach_struct_ops()?;
        let again = map(&mut object, name)?.attach_struct_ops();
        expect_errno(name, again.map_err(Into::into), Errno::BUSY)?;
        drop(link);
        drop(map(&mut object, name)?.attach_struct_ops()?);
    }
    for (name, other) in [("five", "five_too"), ("several_1", "several_2")] {
        let mut link = Attached::attach(&mut map(&mut object, name)?)?;
        let _other = map(&mut object, other)?.attach_struct_ops()?;
        let updated = link.update(&map(&mut object, other)?);
        expect_errno(name, updated.map_err(Into::into), Errno::BUSY)?;
    }
    Ok(())
}

/// Makes a copy of minimal.ko that is another module to the kernel.
pub fn another_minimal(env: &Env) -> Result<Module> {
    // The name in its `struct module`.
    let mut name = [0; 56];
    name[..MINIMAL.len()].copy_from_slice(MINIMAL.as_bytes());
    let mut file = fs::read(env.module(MINIMAL)?.path())?;
    let found = file.windows(name.len()).position(|each| each == name);
    file[found.context("no struct module")?..][..MINIMAL.len()].copy_from_slice(b"another");
    Module::new(&env.file("another.ko", &file)?)
}

fn program_is_for_the_module(env: &Env) -> Result<()> {
    let _one = env.module(MINIMAL)?.insert()?;
    let one = btf_of(MINIMAL)?;
    let kind = Kind::of(
        &slots::load_minimal()?,
        "minimal_ops",
        "agree",
        "agree_may_attach",
        0,
    )?;
    let _another = another_minimal(env)?.insert()?;
    let another = btf_of("another")?;

    // Both modules have the same types under the same numbers.
    let program = kind.load(one.as_fd())?;
    let map = kind.create(another.as_fd())?;
    let updated = kind.update(map.as_fd(), program.as_fd());
    expect_errno(
        "of another module",
        updated.map_err(Into::into),
        Errno::INVAL,
    )?;
    let program = kind.load(another.as_fd())?;
    kind.update(map.as_fd(), program.as_fd())
        .context("of the module")
}

fn mistaken_members_are_refused(env: &Env) -> Result<()> {
    without_the_series(env)?;
    let _module = env.testmod()?;

    for number in [13, 15] {
        load(
            OBJECT,
            &[&format!("member_{number}")],
            &[&format!("table_{number}")],
        )
        .with_context(|| format!("tramp_{number}"))?;
    }
    for number in [14, 16] {
        let name = format!("tramp_{number}");
        let loaded = load(
            OBJECT,
            &[&format!("member_{number}")],
            &[&format!("table_{number}")],
        );
        expect_errno(&name, loaded, Errno::OPNOTSUPP)?;
    }
    Ok(())
}

fn tail_calls_are_refused(env: &Env) -> Result<()> {
    without_the_series(env)?;
    let _module = env.module(MINIMAL)?.insert()?;

    let loaded = load(OBJECT, &["calls_may_attach"], &["calls", "programs"]);
    expect_errno("tail call", loaded, Errno::OPNOTSUPP)
}

fn type_is_registered_while_loading(env: &Env) -> Result<()> {
    without_the_series(env)?;
    let _module = env.module(STRESS)?.insert()?;
    let registered = Device::open()?.command("register");
    expect_errno("later", registered.map_err(Into::into), Errno::BUSY)
}
