// SPDX-License-Identifier: GPL-2.0

//! The struct_ops type of io_uring, whose loop a program can take over. It has a file descriptor as a
//! member, and no test in the kernel.

use std::os::fd::{
    AsRawFd,
    OwnedFd, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    MapType,
    Object,
    ObjectBuilder, //
};
use rustix::io::Errno;
use rustix::io_uring::{
    io_uring_enter,
    io_uring_params,
    io_uring_setup,
    IoringEnterFlags,
    IoringSetupFlags, //
};

use struct_ops_user::check::offering;

use crate::env::{
    expect,
    expect_errno,
    Env, //
};
use crate::ktap::Skip;
use crate::libbpf::map;
use crate::programs::run;
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    io_uring_runs_its_loop_in_a_program,
    io_uring_takes_one_program_per_ring,
];

fn ring(flags: IoringSetupFlags) -> Result<OwnedFd> {
    let mut params = io_uring_params::default();
    params.flags = flags;
    // SAFETY: no other ring or buffer is named by `params`, which is valid for the call.
    unsafe { io_uring_setup(4, &mut params) }.context("io_uring_setup")
}

/// A ring that may have a program. Skips the test on a kernel without the type.
fn deferred() -> Result<OwnedFd> {
    if offering("io_uring_bpf_ops")?.is_empty() {
        bail!(Skip("this kernel has no io_uring_bpf_ops".to_owned()));
    }
    ring(IoringSetupFlags::DEFER_TASKRUN | IoringSetupFlags::SINGLE_ISSUER)
}

/// Waits for completions, which is what the program takes over.
fn enter(ring: &OwnedFd) -> Result<u32> {
    // SAFETY: nothing was submitted, so no memory of ours is read or written.
    let done = unsafe { io_uring_enter(ring, 0, 0, IoringEnterFlags::GETEVENTS) };
    done.context("io_uring_enter")
}

/// Loads the program for a ring.
fn load(ring: &OwnedFd) -> Result<Object> {
    let mut builder = ObjectBuilder::default();
    let mut object =
        builder.open_memory(include_bytes!(concat!(env!("OUT_DIR"), "/io_uring.o")))?;
    for mut map in object.maps_mut() {
        if map.map_type() == MapType::StructOps {
            let value = map.initial_value_mut().context("no initial value")?;
            let member = value.get_mut(8..12).context("no ring_fd")?;
            member.copy_from_slice(&ring.as_raw_fd().to_ne_bytes());
        }
    }
    Ok(object.load()?)
}

fn io_uring_runs_its_loop_in_a_program(_env: &Env) -> Result<()> {
    let ring = deferred()?;
    let mut object = load(&ring)?;
    enter(&ring)?;
    expect("before it is attached", run(&object, "counted")?, 0)?;
    let link = map(&mut object, "loop")?.attach_struct_ops()?;
    enter(&ring)?;
    expect("attached", run(&object, "counted")?, 3)?;
    drop(link);
    enter(&ring)?;
    expect("detached", run(&object, "counted")?, 3)?;

    // A ring that goes first takes the program out.
    let mut object = load(&ring)?;
    let link = map(&mut object, "loop")?.attach_struct_ops()?;
    drop(ring);
    drop(link);
    Ok(())
}

fn io_uring_takes_one_program_per_ring(_env: &Env) -> Result<()> {
    let ring = deferred()?;
    let (mut first, mut second) = (load(&ring)?, load(&ring)?);
    let link = map(&mut first, "loop")?.attach_struct_ops()?;
    let refused = map(&mut second, "loop")?.attach_struct_ops();
    expect_errno("a second", refused.map_err(Into::into), Errno::BUSY)?;
    drop(link);
    let link = map(&mut second, "loop")?.attach_struct_ops()?;
    enter(&ring)?;
    ensure!(run(&second, "counted")? == 3, "the second was not called");
    drop(link);

    let plain = self::ring(IoringSetupFlags::empty())?;
    let mut object = load(&plain)?;
    let refused = map(&mut object, "loop")?.attach_struct_ops();
    expect_errno(
        "a plain ring",
        refused.map_err(Into::into),
        Errno::OPNOTSUPP,
    )
}
