// SPDX-License-Identifier: GPL-2.0

//! The demo: the life of a struct_ops type that a module defines, told and checked step by step.

use std::fmt::Debug;
use std::mem::MaybeUninit;
use std::path::Path;
use std::process::Command;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::Link;
use rustix::io::Errno;
use struct_ops_user::kmod::Module;
use struct_ops_user::kmsg::Kmsg;
use struct_ops_user::{
    check,
    types, //
};

use crate::testmod::{
    Instance,
    Which,
    NO_TASK,
    TYPE, //
};

/// Tells the story with the module in the file `path`.
///
/// Returns an error at the first thing that is not as told, with everything undone.
pub fn tell(path: &Path) -> Result<()> {
    check::environment()?;
    let module = Module::new(path)?;

    let inserted = module.insert()?;
    say(&format!("insmod {}", path.display()), "");
    show_type(module.name())?;
    users(&module, "no map", 0)?;

    let (mut storage_1, mut storage_2) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let mut first = Instance::load(&mut storage_1, Which::First, 13)?;
    users(&module, "create map `first`, data = 13", 1)?;
    let mut second = Instance::load(&mut storage_2, Which::Second, 20)?;
    users(&module, "create map `second`, data = 20", 2)?;

    let links = [
        attach(&mut first, Which::First, 13)?,
        attach(&mut second, Which::Second, 20)?,
    ];

    show_users(module.name())?;
    refused(&module)?;
    drop(links);
    say("detach both", "");
    refused(&module)?;
    drop((first, second));
    module.wait_refcount(0)?;
    users(&module, "free both maps", 0)?;

    module.remove().context("rmmod failed")?;
    drop(inserted);
    expect("module is gone", module.is_loaded(), false)?;
    say("rmmod", "done");

    let again = module.insert()?;
    let mut storage = MaybeUninit::uninit();
    let instance = Instance::load(&mut storage, Which::First, 1)?;
    say("insmod again", "");
    users(&module, "create a map", 1)?;
    drop(instance);
    module.wait_refcount(0)?;
    module.remove().context("rmmod failed")?;
    drop(again);
    say("rmmod", "done");
    Ok(())
}

fn say(what: &str, outcome: &str) {
    println!("{}", format!("  {what:<44}{outcome}").trim_end());
}

/// Fails unless `is` is what it `should` be.
fn expect<T: PartialEq + Debug>(what: &str, is: T, should: T) -> Result<()> {
    ensure!(is == should, "{what}: expected {should:?}, got {is:?}");
    Ok(())
}

fn users(module: &Module, what: &str, count: u32) -> Result<()> {
    expect("the module's refcount", module.refcount()?, count)?;
    say(what, &format!("refcount {count}"));
    Ok(())
}

fn refused(module: &Module) -> Result<()> {
    expect(
        "rmmod of a module in use",
        module.remove(),
        Err(Errno::AGAIN),
    )?;
    say("rmmod", "refused: in use");
    Ok(())
}

/// Prints the struct and the members that the programs implement, as bpftool finds them.
fn show_type(module: &str) -> Result<()> {
    let path = format!("/sys/kernel/btf/{module}");
    ensure!(
        check::module_has_btf(module)?,
        "{path} is missing: the module has no BTF"
    );

    // The C view would have to print the whole kernel's types first.
    let output = Command::new("bpftool")
        .args(["btf", "dump", "file", &path])
        .output()
        .context("cannot run bpftool")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text
        .lines()
        .skip_while(|line| !line.contains(&format!(" STRUCT '{TYPE}' ")));

    let head = lines
        .next()
        .with_context(|| format!("bpftool finds no struct {TYPE} in {path}"))?;
    say(&format!("bpftool btf dump file {path}"), "");
    println!("      {head}");
    for name in ["'test_1' ", "'test_2' ", "'test_maybe_null' ", "'data' "] {
        let member = lines
            .by_ref()
            .take_while(|line| line.starts_with('\t'))
            .find(|line| line.trim_start().starts_with(name))
            .with_context(|| format!("struct {TYPE} in {path} has no member {name}"))?;
        println!("          {}", member.trim_start());
    }
    Ok(())
}

/// Prints how the kernel sees the type now, if it has the iterator for that.
fn show_users(module: &str) -> Result<()> {
    if !check::has_types_iterator()? {
        return Ok(());
    }
    let types = types::list()?;
    let ours = types
        .iter()
        .find(|each| each.name == TYPE && each.module == module)
        .with_context(|| format!("the kernel does not list {TYPE} of {module}"))?;

    say("struct-ops types", "");
    println!("      {}", types::HEAD);
    println!("      {ours}");
    expect("maps and links", (ours.maps, ours.links), (2, 2))
}

/// Attaches `instance` and checks both sides: what the programs saw and what the module got.
fn attach(instance: &mut Instance<'_>, which: Which, data: i32) -> Result<Link> {
    let mut log = Kmsg::open()?;
    let link = instance.attach()?;
    say(&format!("attach `{}`, the module calls:", which.name()), "");

    let messages = log.messages()?;
    for wanted in [
        format!("bpf_testmod: data = {data}"),
        format!("bpf_testmod: test_1() = {}", which.test_1()),
        format!("bpf_testmod: test_2(4, {data})"),
        format!("bpf_testmod: test_maybe_null({data}, NULL) = {NO_TASK}"),
    ] {
        ensure!(
            messages.contains(&wanted),
            "the kernel's log lacks \"{wanted}\": {messages:?}"
        );
        println!("      {wanted}");
    }

    let seen = instance.globals()?;
    expect("calls of test_1", seen.test_1_calls, 1)?;
    expect("calls of test_2", seen.test_2_calls, 1)?;
    expect(
        "arguments of test_2",
        (seen.test_2_a, seen.test_2_b),
        (4, data),
    )?;
    expect("calls of test_maybe_null", seen.maybe_null_calls, 1)?;
    expect("NULL tasks", seen.maybe_null_nulls, 1)?;
    expect(
        "first argument of test_maybe_null",
        seen.maybe_null_dummy,
        data,
    )?;
    println!("      and the programs saw test_2(4, {data}) and no task");
    Ok(link)
}
