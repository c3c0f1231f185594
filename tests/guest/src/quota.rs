// SPDX-License-Identifier: GPL-2.0

//! The sample `quota`: a policy per pool.

use std::mem::MaybeUninit;

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::ObjectBuilder;
use quota_loader::demo;
use quota_loader::policy::Policies;
use quota_loader::pool::Pool;
use rustix::io::Errno;

use crate::env::{
    expect,
    expect_errno,
    Env,
    QUOTA, //
};
use crate::libbpf::map;
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    policy_is_replaced_and_ejected_under_load,
    policy_is_for_one_pool,
    pool_takes_one_policy,
    limit_holds_whatever_the_policy_says,
    policy_that_makes_no_sense_denies,
    closed_pool_ejects_its_policy,
    nonsense_is_refused,
];

fn policy_is_replaced_and_ejected_under_load(env: &Env) -> Result<()> {
    demo::tell(env.module(QUOTA)?.path(), |_, _| ())
}

fn policy_is_for_one_pool(env: &Env) -> Result<()> {
    let module = env.module(QUOTA)?.insert()?;
    let (with, without) = (Pool::open()?, Pool::open()?);
    let mut storage = MaybeUninit::uninit();
    let mut policies = Policies::load(&mut storage, with.id()?)?;

    for pool in [&with, &without] {
        pool.command("limit 10")?;
    }
    let link = policies.map("generous")?.attach_struct_ops()?;
    expect("with", with.command("charge 1"), Ok(()))?;
    let nobody = Err(Errno::NODATA);
    expect("without", without.command("charge 1"), nobody)?;
    drop(link);
    expect("detached", with.command("charge 1"), nobody)?;
    drop((policies, with, without));
    module.wait_refcount(0)
}

fn pool_takes_one_policy(env: &Env) -> Result<()> {
    let module = env.module(QUOTA)?.insert()?;
    let pool = Pool::open()?;
    let mut storage = [const { MaybeUninit::uninit() }; 2];
    let [one, two] = &mut storage;

    let mut policies = Policies::load(one, pool.id()?)?;
    let link = policies.map("generous")?.attach_struct_ops()?;
    let second = policies.map("strict")?.attach_struct_ops();
    expect_errno("a second policy", second.map_err(Into::into), Errno::BUSY)?;

    let mut others = Policies::load(two, pool.id()? + 1)?;
    let lost = others.map("strict")?.attach_struct_ops();
    expect_errno("no such pool", lost.map_err(Into::into), Errno::NODEV)?;
    drop((link, policies, others, pool));
    module.wait_refcount(0)
}

fn limit_holds_whatever_the_policy_says(env: &Env) -> Result<()> {
    let module = env.module(QUOTA)?.insert()?;
    let pool = Pool::open()?;
    let mut storage = MaybeUninit::uninit();
    let mut policies = Policies::load(&mut storage, pool.id()?)?;
    let link = policies.map("generous")?.attach_struct_ops()?;

    pool.command("limit 1000")?;
    let full = Err(Errno::NOSPC);
    expect("too much", pool.command("charge 1001"), full)?;
    expect("all of it", pool.command("charge 1000"), Ok(()))?;
    expect("more", pool.command("charge 1"), full)?;
    let too_much = pool.command("release 1001");
    expect("too much back", too_much, Err(Errno::INVAL))?;
    pool.command("refill")?;
    expect("after a refill", pool.command("charge 4096"), Ok(()))?;
    drop((link, policies, pool));
    module.wait_refcount(0)
}

fn policy_that_makes_no_sense_denies(env: &Env) -> Result<()> {
    let module = env.module(QUOTA)?.insert()?;
    let pool = Pool::open()?;
    expect("the number", pool.id()?, 0)?;
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/positive.o"));
    let mut object = ObjectBuilder::default().open_memory(object)?.load()?;
    let link = map(&mut object, "positive")?.attach_struct_ops()?;

    pool.command("limit 10")?;
    expect("charge", pool.command("charge 1"), Err(Errno::PROTO))?;
    drop((link, object, pool));
    module.wait_refcount(0)
}

fn closed_pool_ejects_its_policy(env: &Env) -> Result<()> {
    let module = env.module(QUOTA)?.insert()?;
    let pool = Pool::open()?;
    let id = pool.id()?;
    let mut storage = MaybeUninit::uninit();
    let mut policies = Policies::load(&mut storage, id)?;
    let link = policies.map("generous")?.attach_struct_ops()?;

    drop(pool);
    let pool = Pool::open()?;
    expect("the number", pool.id()?, id)?;
    pool.command("limit 1")?;
    expect("charge", pool.command("charge 1"), Err(Errno::NODATA))?;
    // The old link is not in the way of another policy, and its end does not disturb that.
    let other = policies.map("strict")?.attach_struct_ops();
    let other = other.context("the next policy")?;
    drop(link);
    expect("charge", pool.command("charge 1"), Ok(()))?;
    drop((other, policies, pool));
    module.wait_refcount(0)
}

fn nonsense_is_refused(env: &Env) -> Result<()> {
    let _module = env.module(QUOTA)?.insert()?;
    let pool = Pool::open()?;

    for line in [
        "charge",
        "charge x",
        "charge -1",
        "charge 1 1",
        "refill 1",
        "gone",
        "limit",
    ] {
        expect(line, pool.command(line), Err(Errno::INVAL))?;
    }
    let long = format!("charge {:100}", 1);
    expect("a long line", pool.command(&long), Err(Errno::TOOBIG))
}
