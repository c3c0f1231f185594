// SPDX-License-Identifier: GPL-2.0

//! Attaching, detaching, updating and pinning links.

use std::fs;
use std::mem::MaybeUninit;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::Link;
use rustix::io::Errno;
use struct_ops_user::kmsg::Kmsg;
use struct_ops_user::Attached;
use testmod_loader::testmod::{
    Instance,
    Which, //
};

use crate::env::{
    expect,
    expect_errno,
    Env,
    NAMESAKE,
    SLOTS, //
};
use crate::libbpf::{
    leave_out,
    map,
    open_mixed, //
};
use crate::objects::{
    load,
    Device, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    detached_map_can_be_attached_again,
    detached_link_does_nothing,
    pinned_link_outlives_its_owner,
    update_is_refused_without_support,
    update_wants_a_link_and_the_same_type,
    exclusive_slot_takes_one_table,
    update_replaces_the_table,
];

fn detached_map_can_be_attached_again(env: &Env) -> Result<()> {
    let _module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;

    for calls in 1..=3 {
        drop(instance.attach()?);
        expect("calls of test_1", instance.globals()?.test_1_calls, calls)?;
    }
    Ok(())
}

fn detached_link_does_nothing(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;
    let link = instance.attach()?;

    link.detach().context("detach")?;
    // What is left of the link does not keep the map.
    drop(instance);
    module.wait_refcount(0)?;
    drop(link);
    module.remove().context("rmmod")
}

fn pinned_link_outlives_its_owner(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;
    let path = env.pins().join("link");

    let mut link = instance.attach()?;
    link.pin(&path).context("pin")?;
    drop((link, instance));
    expect("rmmod", module.remove(), Err(Errno::AGAIN))?;

    let mut link = Link::open(&path).context("open")?;
    fs::metadata(&path).context("the pin is gone")?;
    link.unpin().context("unpin")?;
    expect("refcount", module.refcount()?, 1)?;
    drop(link);
    module.wait_refcount(0)
}

fn update_is_refused_without_support(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = [const { MaybeUninit::uninit() }; 2];
    let [one, two] = &mut storage;
    let mut first = Instance::load(one, Which::First, 1)?;
    let mut second = Instance::load(two, Which::Second, 1)?;

    let mut link = Attached::attach(first.map())?;
    let refused = link.update(second.map()).map_err(Into::into);
    expect_errno("update", refused, Errno::OPNOTSUPP)?;
    // The link still has the first map, and only that one.
    drop((first, second));
    module.wait_refcount(1)?;
    drop(link);
    module.wait_refcount(0)
}

fn update_wants_a_link_and_the_same_type(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let device = Device::object(7)?;

    let mut unlinked = Attached::attach(&mut map(&mut object, "unlinked_7")?)?;
    let refused = unlinked.update(&map(&mut object, "awake_7")?);
    expect_errno("no link", refused.map_err(Into::into), Errno::INVAL)?;
    drop((unlinked, device));

    let mut link = Attached::attach(&mut map(&mut object, "forgotten")?)?;
    let refused = link.update(&map(&mut object, "five")?);
    expect_errno("another type", refused.map_err(Into::into), Errno::INVAL)?;
    link.update(&map(&mut object, "forgotten_too")?)
        .context("the same type")?;
    drop((link, object));
    module.wait_refcount(0)
}

fn exclusive_slot_takes_one_table(env: &Env) -> Result<()> {
    let module = env.module(NAMESAKE)?.insert()?;
    let (mut one, mut two) = (open_mixed()?, open_mixed()?);

    leave_out(&mut one, "unknown")?;
    leave_out(&mut two, "unknown")?;
    let (mut one, mut two) = (one.load()?, two.load()?);
    let (mut first, mut second) = (map(&mut one, "known")?, map(&mut two, "known")?);

    let link = first.attach_struct_ops()?;
    let taken = second.attach_struct_ops().map_err(Into::into);
    expect_errno("a second table", taken, Errno::BUSY)?;
    drop(link);
    drop(
        second
            .attach_struct_ops()
            .context("after the first is gone")?,
    );
    drop((one, two));
    module.wait_refcount(0)
}

fn update_replaces_the_table(env: &Env) -> Result<()> {
    let module = env.module(NAMESAKE)?.insert()?;
    let (mut one, mut two) = (open_mixed()?, open_mixed()?);

    leave_out(&mut one, "unknown")?;
    leave_out(&mut two, "unknown")?;
    let (mut one, mut two) = (one.load()?, two.load()?);
    let mut link = Attached::attach(&mut map(&mut one, "known")?)?;

    let mut log = Kmsg::open()?;
    link.update(&map(&mut two, "known")?).context("update")?;
    let messages = log.messages()?;
    let wanted = "namesake: update: test_1() = 5";
    ensure!(
        messages.iter().any(|line| line == wanted),
        "no \"{wanted}\" in {messages:?}"
    );

    // The link has let go of the first map and holds the second.
    drop((one, two));
    module.wait_refcount(1)?;
    if module.remove().is_ok() {
        bail!("rmmod while a link lives");
    }
    drop(link);
    module.wait_refcount(0)
}
