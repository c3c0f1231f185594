// SPDX-License-Identifier: GPL-2.0

//! What an author may forget.

use anyhow::{
    Context,
    Result, //
};
use rustix::io::Errno;

use crate::env::{
    expect_errno,
    Env,
    SLOTS, //
};
use crate::libbpf::map;
use crate::links::update;
use crate::objects::{
    load,
    Device, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![forgotten_update_keeps_nothing,];

fn forgotten_update_keeps_nothing(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let device = Device::open()?;

    let link = map(&mut object, "forgotten")?.attach_struct_ops()?;
    device.run("forgetful poll").context("before the update")?;
    // The link lets go of the first table, so the slot must.
    update(&link, &map(&mut object, "forgotten_too")?)?;
    expect_errno("after it", device.run("forgetful poll"), Errno::NXIO)?;
    drop((link, device, object));
    module.wait_refcount(0)
}
