// SPDX-License-Identifier: GPL-2.0

//! Tables in order, tables that are kept, and what an author may forget.

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    MapCore,
    Object, //
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
use crate::libbpf::map;
use crate::objects::{
    detach_waits,
    finish,
    hung_up,
    lines,
    load,
    Device, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    order_is_kept,
    detach_waits_for_a_call_in_order,
    result_is_clamped,
    handle_outlives_the_link,
    handle_needs_a_link,
    handle_outlives_an_eject,
    one_of_several_is_ejected,
    size_of_a_slot_is_not_on_the_stack,
    forgotten_update_keeps_nothing,
];

/// Fails unless exactly these tables are called, in this order.
fn expect_calls(log: &mut Kmsg, object: &mut Object, tables: &[(&str, i32)]) -> Result<()> {
    let mut wanted = Vec::new();
    for (name, priority) in tables {
        let id = map(object, name)?.info()?.info.id;
        wanted.push(format!("slots: priority {priority}, map {id}"));
    }
    let mut called = lines(log)?;
    called.retain(|line| line.contains("priority"));
    expect("calls", called, wanted)
}

fn order_is_kept(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let mut log = Kmsg::open()?;
    let device = Device::open()?;

    let mut five = Attached::attach(&mut map(&mut object, "five")?)?;
    let five_too = map(&mut object, "five_too")?.attach_struct_ops()?;
    let mut first = Attached::attach(&mut map(&mut object, "minus_1")?)?;
    device.run("order call").context("three")?;
    expect_calls(
        &mut log,
        &mut object,
        &[("minus_1", -1), ("five", 5), ("five_too", 5)],
    )?;

    // The error of one is the end.
    let ten = map(&mut object, "ten")?.attach_struct_ops()?;
    let nine = map(&mut object, "nine_fails")?.attach_struct_ops()?;
    expect_errno("early exit", device.run("order call"), Errno::PERM)?;
    expect_calls(
        &mut log,
        &mut object,
        &[
            ("minus_1", -1),
            ("five", 5),
            ("five_too", 5),
            ("nine_fails", 9),
        ],
    )?;
    drop(nine);

    // An update to the same priority keeps the place, one to another changes it.
    five.update(&map(&mut object, "five_sleeps")?)
        .context("same priority")?;
    first
        .update(&map(&mut object, "nine_fails")?)
        .context("other priority")?;
    expect_errno("early exit", device.run("order call"), Errno::PERM)?;
    expect_calls(
        &mut log,
        &mut object,
        &[("five_sleeps", 5), ("five_too", 5), ("nine_fails", 9)],
    )?;

    device.run("order eject").context("eject")?;
    ensure!(hung_up(&five)? && hung_up(&five_too)?, "links are left");
    ensure!(!hung_up(&ten)?, "the wrong table has gone");
    drop(first);
    device.run("order call").context("what is left")?;
    expect_calls(&mut log, &mut object, &[("ten", 10)])?;

    drop(ten);
    device.run("order call").context("nothing")?;
    drop((five, five_too, device, object));
    module.wait_refcount(0)
}

fn detach_waits_for_a_call_in_order(env: &Env) -> Result<()> {
    detach_waits(env, Device::open, "five_sleeps", "order call")
}

fn result_is_clamped(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let device = Device::open()?;

    for (name, errno) in [
        ("nine_fails", Errno::PERM),
        ("eleven_is_positive", Errno::PROTO),
        ("twelve_is_no_errno", Errno::PROTO),
    ] {
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect_errno(name, device.run("order call"), errno)?;
    }
    drop((device, object));
    module.wait_refcount(0)
}

fn handle_outlives_the_link(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let mut log = Kmsg::open()?;
    let device = Device::open()?;

    expect_errno("nothing to keep", device.run("handle get"), Errno::NXIO)?;
    let link = map(&mut object, "counted")?.attach_struct_ops()?;
    device.run("handle get")?;
    let caller = device.call_sleeper("handle call", &mut log)?;
    drop(link);
    // That did not wait for the program, which sleeps.
    expect(
        "the log",
        lines(&mut log)?,
        vec!["slots: unreg: 1 running".into()],
    )?;
    finish(caller)?;

    // Nor does anything end that is kept. The module is held by the file, the map, and the program,
    // which calls a kfunc.
    drop(object);
    module.wait_refcount(3)?;
    device.run("handle call").context("call after detach")?;
    device.run("handle put")?;
    module.wait_refcount(1)?;
    expect_errno("a new handle", device.run("handle get"), Errno::NXIO)?;
    drop(device);
    module.wait_refcount(0)
}

fn handle_needs_a_link(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;

    let refused = map(&mut object, "counted_unlinked")?.attach_struct_ops();
    expect_errno("attach", refused.map_err(Into::into), Errno::OPNOTSUPP)?;
    drop(object);
    module.wait_refcount(0)
}

fn handle_outlives_an_eject(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let device = Device::open()?;

    let link = map(&mut object, "counted")?.attach_struct_ops()?;
    device.run("handle get")?;
    device.run("handle eject")?;
    ensure!(hung_up(&link)?, "user space does not see the eject");
    drop((link, object));
    device.run("handle call").context("call after eject")?;
    device.run("handle put")?;
    expect_errno("a new handle", device.run("handle get"), Errno::NXIO)?;
    drop(device);
    module.wait_refcount(0)
}

fn one_of_several_is_ejected(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let device = Device::open()?;

    let one = map(&mut object, "several_1")?.attach_struct_ops()?;
    let two = map(&mut object, "several_2")?.attach_struct_ops()?;
    let full = map(&mut object, "several_3")?.attach_struct_ops();
    expect_errno("a third", full.map_err(Into::into), Errno::NOSPC)?;
    device.run("several eject")?;
    ensure!(hung_up(&one)?, "user space does not see the eject");
    ensure!(!hung_up(&two)?, "the wrong table has gone");
    let three = map(&mut object, "several_3")?.attach_struct_ops()?;
    drop((one, two, three, device, object));
    module.wait_refcount(0)
}

fn size_of_a_slot_is_not_on_the_stack(env: &Env) -> Result<()> {
    let _module = env.module(SLOTS)?.insert()?;
    let device = Device::open()?;
    device.run("several crowd")?;
    drop(device);
    Ok(())
}

fn forgotten_update_keeps_nothing(env: &Env) -> Result<()> {
    let module = env.module(SLOTS)?.insert()?;
    let mut object = load()?;
    let device = Device::open()?;

    let mut link = Attached::attach(&mut map(&mut object, "forgotten")?)?;
    device.run("forgetful poll").context("before the update")?;
    // The link lets go of the first table, so the slot must.
    link.update(&map(&mut object, "forgotten_too")?)?;
    expect_errno("after it", device.run("forgetful poll"), Errno::NXIO)?;
    drop((link, device, object));
    module.wait_refcount(0)
}
