// SPDX-License-Identifier: GPL-2.0

//! Slots in objects, and owners that take tables away from user space.

use std::fs::{
    File,
    OpenOptions, //
};
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::thread;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    Link,
    Object,
    ObjectBuilder, //
};
use rustix::event::{
    poll,
    PollFd,
    PollFlags,
    Timespec, //
};
use rustix::io::Errno;
use struct_ops_user::kmsg::Kmsg;
use struct_ops_user::Attached;

use crate::env::{
    expect,
    expect_errno,
    Env,
    SLOTS, //
};
use crate::ktap::Skip;
use crate::libbpf::map;
use crate::slots::wait_for;
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    object_is_found_by_its_key,
    detach_waits_for_a_call_of_an_object,
    eject_waits_for_a_call,
    detach_waits_for_an_eject,
    object_that_goes_ejects,
    object_that_is_forgotten_is_not_followed,
    table_without_a_link_is_ejected,
];

/// `slots.bpf.c`.
pub fn load() -> Result<Object> {
    Ok(ObjectBuilder::default().open_memory(OBJECT)?.load()?)
}

/// Programs for the types of the module slots.
pub const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/slots.o"));

/// An open file of the module's, which takes commands.
pub struct Device(File);

impl Device {
    pub fn open() -> Result<Self> {
        Ok(Self(OpenOptions::new().write(true).open("/dev/slots")?))
    }

    /// Opens the file and makes it an object.
    pub fn object(key: u32) -> Result<Self> {
        let device = Self::open()?;
        device.run(&format!("object {key}"))?;
        Ok(device)
    }

    pub fn run(&self, command: &str) -> Result<()> {
        Ok((&self.0).write_all(command.as_bytes())?)
    }

    /// Starts a command that calls a program, which is asleep when this returns.
    pub fn call_sleeper(&self, command: &'static str, log: &mut Kmsg) -> Result<Caller> {
        let device = Self(self.0.try_clone()?);
        let caller = thread::spawn(move || device.run(command));

        wait_for(log, "slots: calling nap()")?;
        Ok(caller)
    }
}

/// A command that runs.
pub type Caller = thread::JoinHandle<Result<()>>;

/// The module's own lines.
pub fn lines(log: &mut Kmsg) -> Result<Vec<String>> {
    let mut lines = log.messages()?;
    lines.retain(|line| line.starts_with("slots: "));
    Ok(lines)
}

/// What the log says when a detach has waited for a call.
fn call_ended_before_unreg(log: &mut Kmsg) -> Result<()> {
    expect(
        "the order of events",
        lines(log)?.iter().map(String::as_str).collect(),
        vec!["slots: nap() = 0", "slots: unreg: 0 running"],
    )
}

/// Detaches `table` while `command` of the device that `open` opens is asleep in its program.
pub fn detach_waits(
    env: &Env,
    open: impl FnOnce() -> Result<Device>,
    table: &str,
    command: &'static str,
) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let mut log = Kmsg::open()?;
    let device = open()?;

    let link = map(&mut object, table)?.attach_struct_ops()?;
    let caller = device.call_sleeper(command, &mut log)?;
    drop(link);
    call_ended_before_unreg(&mut log)?;
    finish(caller)?;
    drop((device, object));
    module.wait_refcount(0)
}

/// Has the link been detached, as its file says?
pub fn hung_up(link: &Link) -> Result<bool> {
    let fd = link.as_fd();
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default()))?;
    Ok(fds[0].revents().contains(PollFlags::HUP))
}

pub fn finish(caller: Caller) -> Result<()> {
    caller.join().ok().context("the caller panicked")?
}

fn object_is_found_by_its_key(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;

    let nobody = map(&mut object, "awake_7")?.attach_struct_ops();
    expect_errno("attach", nobody.map_err(Into::into), Errno::NODEV)?;

    let seven = Device::object(7)?;
    let eight = Device::object(8)?;
    expect_errno("a second 7", Device::object(7).map(drop), Errno::EXIST)?;
    expect_errno("call of nothing", seven.run("call"), Errno::NXIO)?;

    let mut link = Attached::attach(&mut map(&mut object, "awake_7")?)?;
    seven.run("call").context("call")?;
    expect_errno("call of another", eight.run("call"), Errno::NXIO)?;
    let taken = map(&mut object, "sleeper_7")?.attach_struct_ops();
    expect_errno("a second table", taken.map_err(Into::into), Errno::BUSY)?;
    let moved = link.update(&map(&mut object, "awake_8")?);
    expect_errno(
        "update to another object",
        moved.map_err(Into::into),
        Errno::INVAL,
    )?;
    link.update(&map(&mut object, "sleeper_7")?)
        .context("update")?;
    drop(map(&mut object, "awake_8")?.attach_struct_ops()?);

    drop(link);
    expect_errno("call after detach", seven.run("call"), Errno::NXIO)?;
    drop((seven, eight, object));
    module.wait_refcount(0)
}

fn detach_waits_for_a_call_of_an_object(env: &Env) -> Result<()> {
    detach_waits(env, || Device::object(7), "sleeper_7", "call")
}

fn eject_waits_for_a_call(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let mut log = Kmsg::open()?;
    let device = Device::object(7)?;

    let mut link = Attached::attach(&mut map(&mut object, "sleeper_7")?)?;
    ensure!(!hung_up(&link)?, "the link hangs up too early");
    let caller = device.call_sleeper("call", &mut log)?;
    device.run("eject")?;
    call_ended_before_unreg(&mut log)?;
    finish(caller)?;

    ensure!(hung_up(&link)?, "user space does not see the eject");
    let detached = link.update(&map(&mut object, "awake_7")?);
    expect_errno(
        "update of what is left",
        detached.map_err(Into::into),
        Errno::NOLINK,
    )?;
    expect_errno("call", device.run("call"), Errno::NXIO)?;
    device.run("eject").context("once more")?;
    expect("the log", lines(&mut log)?, vec![])?;

    // The object is still there, and so is the map.
    let again = map(&mut object, "sleeper_7")?.attach_struct_ops()?;
    drop(link);
    device.run("call").context("call of the new link")?;
    drop((again, device, object));
    module.wait_refcount(0)
}

fn detach_waits_for_an_eject(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let mut log = Kmsg::open()?;
    let device = Device::object(7)?;

    let link = map(&mut object, "sleeper_7")?.attach_struct_ops()?;
    let caller = device.call_sleeper("call", &mut log)?;
    let owner = Device(device.0.try_clone()?);
    let owner = thread::spawn(move || owner.run("eject"));
    // When nothing can be called any more, the owner has taken the table and waits for the call.
    while device.run("poll").is_ok() {
        thread::yield_now();
    }
    link.detach().context("detach")?;
    call_ended_before_unreg(&mut log)?;
    finish(caller)?;
    finish(owner)?;
    drop((link, device, object));
    module.wait_refcount(0)
}

fn object_that_goes_ejects(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;

    let device = Device::object(7)?;
    let link = map(&mut object, "awake_7")?.attach_struct_ops()?;
    drop(device);
    ensure!(hung_up(&link)?, "user space does not see that it is gone");
    let gone = map(&mut object, "awake_7")?.attach_struct_ops();
    expect_errno("attach", gone.map_err(Into::into), Errno::NODEV)?;
    drop(link);

    let device = Device::object(7)?;
    let link = map(&mut object, "awake_7")?.attach_struct_ops()?;
    device.run("call").context("call of the new object")?;
    drop((link, object, device));
    module.wait_refcount(0)
}

fn object_that_is_forgotten_is_not_followed(env: &Env) -> Result<()> {
    if Path::new("/sys/kernel/debug/kmemleak").exists() {
        bail!(Skip(
            "it leaks on purpose, which kmemleak reports".to_owned()
        ));
    }
    let _module = env.module(SLOTS)?.insert()?;
    for key in 100..200 {
        Device::open()?.run(&format!("forget {key}"))?;
    }
    // All of the list is looked through for the key of a new one.
    let again = Device::object(150).map(drop);
    expect_errno("a key that is taken", again, Errno::EXIST)?;
    Device::object(7).map(drop)
}

fn table_without_a_link_is_ejected(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let mut log = Kmsg::open()?;
    let device = Device::object(7)?;

    let unlinked = map(&mut object, "unlinked_7")?.attach_struct_ops()?;
    let caller = device.call_sleeper("call", &mut log)?;
    device.run("eject")?;
    // There is no link whose detaching waits, and nothing is detached yet.
    expect("the log", lines(&mut log)?, vec!["slots: nap() = 0".into()])?;
    finish(caller)?;
    expect_errno("call after eject", device.run("call"), Errno::NXIO)?;
    drop(map(&mut object, "awake_7")?.attach_struct_ops()?);
    drop((unlinked, device, object));
    module.wait_refcount(0)
}
