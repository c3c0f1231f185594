// SPDX-License-Identifier: GPL-2.0

//! How libbpf finds the type, in the BTF of a module that may come late or not be alone.

use std::ffi::OsStr;
use std::fs;
use std::io::{
    BufRead,
    BufReader, //
};
use std::mem::MaybeUninit;
use std::process::{
    Command,
    Stdio, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::query::{
    LinkInfoIter,
    LinkTypeInfo, //
};
use libbpf_rs::skel::{
    OpenSkel,
    Skel,
    SkelBuilder, //
};
use libbpf_rs::{
    Link,
    MapCore,
    MapHandle,
    MapMut,
    Object,
    ObjectBuilder,
    OpenObject, //
};
use struct_ops_user::attach::struct_ops_maps;
use struct_ops_user::kmod::{
    Inserted,
    Module, //
};
use struct_ops_user::kmsg::Kmsg;
use testmod_loader::testmod::skel::TestmodSkelBuilder;
use testmod_loader::testmod::OBJECT;

use crate::env::{
    expect,
    Env,
    NAMESAKE,
    TESTMOD, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    opened_before_the_module_is_loaded,
    map_left_out,
    skeleton_attaches_no_map,
    attached_by_the_loader_until_it_ends,
    pinned_by_the_loader_and_reopened,
    two_modules_with_one_type_name,
    module_with_another_layout,
    module_reloaded_with_another_layout,
];

pub const MIXED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/mixed.o"));
pub const PLAIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plain.o"));

/// Opens `mixed.bpf.c`: the map `known` of a type that exists, and `unknown`.
pub fn open_mixed() -> Result<OpenObject> {
    Ok(ObjectBuilder::default().open_memory(MIXED)?)
}

/// Has libbpf not create the map `name`.
pub fn leave_out(object: &mut OpenObject, name: &str) -> Result<()> {
    let mut map = object
        .maps_mut()
        .find(|map| map.name() == OsStr::new(name))
        .with_context(|| format!("no map {name}"))?;
    Ok(map.set_autocreate(false)?)
}

/// The map `name` of a loaded object.
pub fn map<'a>(object: &'a mut Object, name: &str) -> Result<MapMut<'a>> {
    object
        .maps_mut()
        .find(|map| map.name() == OsStr::new(name))
        .with_context(|| format!("no map {name}"))
}

fn opened_before_the_module_is_loaded(env: &Env) -> Result<()> {
    let mut storage = MaybeUninit::uninit();
    let open = TestmodSkelBuilder::default().open(&mut storage)?;

    let module = env.testmod()?;
    let mut skel = open.load().context("load")?;
    expect("refcount", module.refcount()?, 2)?;
    drop(skel.maps.first.attach_struct_ops()?);
    drop(skel);
    module.wait_refcount(0)
}

/// With a libbpf-rs whose skeletons attach maps, `attach::struct_ops_maps()` can go.
fn skeleton_attaches_no_map(env: &Env) -> Result<()> {
    let links_of = |maps: [u32; 2]| {
        LinkInfoIter::default()
            .filter(|link| match &link.info {
                LinkTypeInfo::StructOps(info) => maps.contains(&info.map_id),
                _ => false,
            })
            .count()
    };
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut skel = TestmodSkelBuilder::default().open(&mut storage)?.load()?;
    let maps = [
        skel.maps.first.info()?.info.id,
        skel.maps.second.info()?.info.id,
    ];

    skel.attach()?;
    expect("links", links_of(maps), 0)?;
    let links = struct_ops_maps(skel.object_mut())?;
    expect("links", links_of(maps), 2)?;
    let mut names: Vec<_> = links.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    expect("names", names, vec!["first", "second"])?;
    drop(links);
    drop(skel);
    module.wait_refcount(0)
}

fn map_left_out(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let refused = open_mixed()?.load();
    ensure!(refused.is_err(), "a map of an unknown type was created");
    module.wait_refcount(0)?;

    let mut object = open_mixed()?;
    leave_out(&mut object, "unknown")?;
    let mut object = object.load().context("load")?;
    expect("refcount", module.refcount()?, 1)?;
    drop(map(&mut object, "known")?.attach_struct_ops()?);
    drop(object);
    module.wait_refcount(0)
}

fn attached_by_the_loader_until_it_ends(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut loader = Command::new(env.command())
        .arg("attach")
        .arg(env.file("testmod.bpf.o", OBJECT)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;

    let output = BufReader::new(loader.stdout.take().context("no output")?);
    let lines: Vec<_> = output.lines().take(2).collect::<Result<_, _>>()?;
    let refcount = module.refcount();
    drop(loader.stdin.take());
    let status = loader.wait()?;

    let wanted = ["first", "second"].map(|map| format!("{map}: bpf_testmod_ops of bpf_testmod"));
    expect("output", lines, wanted.to_vec())?;
    expect("refcount while it runs", refcount?, 2)?;
    ensure!(status.success(), "{status}");
    module.wait_refcount(0)
}

fn pinned_by_the_loader_and_reopened(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let status = Command::new(env.command())
        .arg("attach")
        .arg(env.file("testmod.bpf.o", OBJECT)?)
        .arg("--pin")
        .arg(env.pins())
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "{status}");

    let mut links = Vec::new();
    for name in ["first", "second"] {
        let mut link = Link::open(env.pins().join(name)).context(name)?;
        link.unpin().context(name)?;
        let LinkTypeInfo::StructOps(info) = link.info()?.info else {
            bail!("{name} is another kind of link");
        };
        let map = MapHandle::from_map_id(info.map_id)?;
        expect("map of the link", map.name(), OsStr::new(name))?;
        links.push(link);
    }
    // The maps are held by the links alone now.
    module.wait_refcount(2)?;
    drop(links);
    module.wait_refcount(0)
}

/// Attaches the map `known` and returns what the modules log about it.
fn attach_known() -> Result<(Object, Vec<String>)> {
    attach_opened(open_mixed()?)
}

/// The same with an object that was opened before.
fn attach_opened(mut object: OpenObject) -> Result<(Object, Vec<String>)> {
    leave_out(&mut object, "unknown")?;
    let mut object = object.load().context("load")?;

    let mut log = Kmsg::open()?;
    drop(map(&mut object, "known")?.attach_struct_ops()?);
    let messages = log.messages()?;
    Ok((object, messages))
}

fn logged(messages: &[String], wanted: &str) -> Result<()> {
    let found = messages.iter().any(|line| line == wanted);
    ensure!(found, "no \"{wanted}\" in {messages:?}");
    Ok(())
}

fn two_modules_with_one_type_name(env: &Env) -> Result<()> {
    let check = |first: &Inserted, second: &Inserted, wanted: &str| {
        let (object, messages) = attach_known()?;

        // libbpf takes the first, and the kernel has to take the same one.
        logged(&messages, wanted)?;
        expect("refcount of the first", first.refcount()?, 1)?;
        expect("refcount of the second", second.refcount()?, 0)?;
        drop(object);
        first.wait_refcount(0)
    };

    {
        let namesake = env.module(NAMESAKE)?.insert()?;
        let testmod = env.testmod()?;
        check(&namesake, &testmod, "namesake: reg: test_1() = 5")?;
    }
    let testmod = env.testmod()?;
    let namesake = env.module(NAMESAKE)?.insert()?;
    check(&testmod, &namesake, "bpf_testmod: test_1() = 5")
}

fn module_with_another_layout(env: &Env) -> Result<()> {
    let namesake = env.module(NAMESAKE)?;

    {
        let testmod = env.testmod()?;
        let (object, messages) = attach_known()?;
        logged(&messages, "bpf_testmod: data = 3")?;
        drop(object);
        testmod.wait_refcount(0)?;
    }
    let _namesake = namesake.insert()?;
    let (_object, messages) = attach_known()?;
    // `test_1` is the second member there.
    logged(&messages, "namesake: reg: test_1() = 5")
}

/// Where `part` starts in `whole`.
fn position(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

/// A copy of the module `from` that the kernel knows as `to`, a name that is not shorter.
///
/// The name is in the `struct module` that modpost has put into a section of its own; two files with
/// the same name there cannot come from one build. objcopy would lose the relocations of a section
/// that it replaces, so it is only asked what to look for.
pub fn renamed(env: &Env, from: &str, to: &str) -> Result<Module> {
    const SECTION: &str = ".gnu.linkonce.this_module";
    let mut file = fs::read(env.module(from)?.path())?;
    let copy = env.file(&format!("{to}.ko"), &file)?;
    let dump = copy.with_extension("section");
    let status = Command::new("objcopy")
        .arg("--dump-section")
        .arg(format!("{SECTION}={}", dump.display()))
        .arg(&copy)
        .status()
        .context("cannot run objcopy")?;
    ensure!(status.success(), "objcopy: {status}");

    let section = fs::read(&dump)?;
    let start = position(&file, &section)
        .zip(position(&section, from.as_bytes()))
        .map(|(section, name)| section + name)
        .with_context(|| format!("no {from} in {SECTION}"))?;
    file[start..start + to.len()].copy_from_slice(to.as_bytes());
    Module::new(&env.file(&format!("{to}.ko"), &file)?)
}

fn module_reloaded_with_another_layout(env: &Env) -> Result<()> {
    let reloaded = renamed(env, NAMESAKE, TESTMOD)?;
    let opened = {
        let _testmod = env.testmod()?;
        let (object, messages) = attach_known()?;
        logged(&messages, "bpf_testmod: data = 3")?;
        drop(object);
        open_mixed()?
    };

    let module = reloaded.insert()?;
    for object in [opened, open_mixed()?] {
        // `test_1` is the second member now, and `data` the first.
        let (object, messages) = attach_opened(object)?;
        logged(&messages, "namesake: reg: test_1() = 5")?;
        expect("refcount", module.refcount()?, 1)?;
        drop(object);
        module.wait_refcount(0)?;
    }
    Ok(())
}
