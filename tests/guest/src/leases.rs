// SPDX-License-Identifier: GPL-2.0

//! Programs hold objects of a module, and give them back.

use anyhow::{
    ensure,
    Result, //
};
use libbpf_rs::Object;
use rustix::io::Errno;

use crate::env::{
    expect,
    expect_errno,
    Env,
    LEASE, //
};
use crate::libbpf::{
    map,
    renamed, //
};
use crate::programs::{
    self,
    run, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    program_holds_an_object,
    objects_go_to_callbacks_and_back,
    reference_is_given_back_once,
    object_is_what_the_module_made,
    fields_are_only_read,
    map_keeps_an_object,
    map_drops_what_it_keeps,
    struct_of_another_module_has_another_name,
];

/// Loads these programs, with these maps.
fn load(names: &[&str], maps: &[&str]) -> Result<Object> {
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/lease.o"));
    programs::load(object, names, maps)
}

/// How many leases there are.
fn live() -> Result<i32> {
    run(&load(&["live"], &[])?, "live")
}

fn refused(errno: Errno, names: &[&str]) -> Result<()> {
    names
        .iter()
        .try_for_each(|name| expect_errno(name, load(&[name], &[]), errno))
}

fn program_holds_an_object(env: &Env) -> Result<()> {
    let module = env.module(LEASE)?.insert()?;
    let object = load(&["holds"], &[])?;

    // id and term, used before once, one lease while it runs.
    expect("result", run(&object, "holds")?, 7 + 10 + 1 + 100)?;
    expect("leases", live()?, 0)?;
    drop(object);
    module.wait_refcount(0)
}

fn objects_go_to_callbacks_and_back(env: &Env) -> Result<()> {
    let _module = env.module(LEASE)?.insert()?;
    let programs = ["offer_uses", "take_ends", "choose_begins", "goes_round"];
    let mut object = load(&programs, &["all"])?;
    let link = map(&mut object, "all")?.attach_struct_ops()?;

    expect("result", run(&object, "goes_round")?, 0)?;
    expect("leases", live()?, 0)?;
    drop(link);
    expect_errno(
        "to give back what is only shown",
        load(&["offer_ends"], &["ends"]),
        Errno::INVAL,
    )?;
    expect_errno(
        "to keep what has to be given back",
        load(&["take_leaks"], &["leaks_one"]),
        Errno::INVAL,
    )
}

fn reference_is_given_back_once(env: &Env) -> Result<()> {
    let _module = env.module(LEASE)?.insert()?;
    refused(Errno::INVAL, &["leaks", "ends_twice", "uses_after_the_end"])?;
    refused(Errno::ACCESS, &["reads_after_the_end"])
}

fn object_is_what_the_module_made(env: &Env) -> Result<()> {
    let _module = env.module(LEASE)?.insert()?;
    refused(
        Errno::INVAL,
        &["makes_one_up", "ends_one_made_up", "uses_a_part"],
    )?;
    refused(Errno::ACCESS, &["does_not_look"])
}

fn fields_are_only_read(env: &Env) -> Result<()> {
    let _module = env.module(LEASE)?.insert()?;
    refused(Errno::ACCESS, &["writes", "reads_what_is_private"])
}

fn map_keeps_an_object(env: &Env) -> Result<()> {
    let _module = env.module(LEASE)?.insert()?;
    let object = load(&["keeps", "takes_back"], &["store"])?;

    expect("nothing was there", run(&object, "keeps")?, 0)?;
    expect("leases", live()?, 1)?;
    expect("the first was there", run(&object, "keeps")?, 7)?;
    expect("leases, two having begun", live()?, 1)?;
    expect("the second was there", run(&object, "takes_back")?, 7)?;
    expect("leases at the end", live()?, 0)?;
    expect_errno(
        "to use what is in the map",
        load(&["uses_in_the_map"], &["store"]),
        Errno::INVAL,
    )
}

/// BPF would look up the destructors of both by one name. The kfuncs the kernel itself compares, later.
fn struct_of_another_module_has_another_name(env: &Env) -> Result<()> {
    let other = renamed(env, LEASE, "leases")?;
    let module = env.module(LEASE)?.insert()?;

    expect_errno("insmod", other.insert(), Errno::NOEXEC)?;
    drop(module);
    other.insert().map(drop)
}

fn map_drops_what_it_keeps(env: &Env) -> Result<()> {
    let module = env.module(LEASE)?.insert()?;
    let object = load(&["keeps"], &["store"])?;

    run(&object, "keeps")?;
    expect("leases", live()?, 1)?;
    ensure!(module.refcount()? > 0, "the map does not hold the module");
    drop(object);
    module.wait_refcount(0)?;
    expect("leases without the map", live()?, 0)
}
