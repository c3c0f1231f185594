// SPDX-License-Identifier: GPL-2.0

//! A module stays as long as a map of its type, and no longer.

use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::{
    AsFd,
    AsRawFd,
    FromRawFd,
    OwnedFd, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::libbpf_sys::{
    self,
    bpf_map_create_opts, //
};
use libbpf_rs::skel::{
    OpenSkel,
    SkelBuilder, //
};
use libbpf_rs::{
    MapHandle,
    MapInfo,
    MapType, //
};
use rustix::io::Errno;
use testmod_loader::testmod::skel::types::bpf_testmod_ops;
use testmod_loader::testmod::skel::TestmodSkelBuilder;
use testmod_loader::testmod::{
    Instance,
    Which, //
};

use crate::env::{
    expect,
    expect_errno,
    Env, //
};
use crate::{
    tests,
    Test, //
};

/// The kernel's own BTF is the first BTF object there is.
const VMLINUX_BTF: u32 = 1;

pub const TESTS: &[Test] = tests![
    every_map_holds_the_module,
    attaching_holds_nothing_more,
    rmmod_is_refused_while_a_map_lives,
    link_alone_holds_the_module,
    program_alone_does_not_hold_the_module,
    failed_creation_leaves_the_count,
    failed_update_leaves_the_count,
    module_can_come_back,
];

fn every_map_holds_the_module(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = [const { MaybeUninit::uninit() }; 3];
    let mut maps = Vec::new();

    expect("refcount after insmod", module.refcount()?, 0)?;
    for (storage, count) in storage.iter_mut().zip(1..) {
        maps.push(Instance::load(storage, Which::First, 1)?);
        expect("refcount with one more map", module.refcount()?, count)?;
    }
    while maps.pop().is_some() {
        module.wait_refcount(maps.len() as u32)?;
    }
    module.remove().context("rmmod")
}

fn attaching_holds_nothing_more(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;

    let link = instance.attach()?;
    expect("refcount of an attached map", module.refcount()?, 1)?;
    drop(link);
    expect("refcount of a detached map", module.refcount()?, 1)
}

fn rmmod_is_refused_while_a_map_lives(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let instance = Instance::load(&mut storage, Which::Second, 1)?;

    expect("rmmod", module.remove(), Err(Errno::AGAIN))?;
    ensure!(module.is_loaded(), "the module is gone");
    drop(instance);
    module.wait_refcount(0)?;
    expect("rmmod after the map", module.remove(), Ok(()))
}

fn link_alone_holds_the_module(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;

    let link = instance.attach()?;
    drop(instance);
    expect("rmmod", module.remove(), Err(Errno::AGAIN))?;
    expect("refcount", module.refcount()?, 1)?;
    drop(link);
    module.wait_refcount(0)
}

fn program_alone_does_not_hold_the_module(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let skel = TestmodSkelBuilder::default().open(&mut storage)?.load()?;

    let program = skel.progs.first_test_1.as_fd().try_clone_to_owned()?;
    drop(skel);
    module.wait_refcount(0)?;
    module.remove().context("rmmod")?;

    // The kernel has to describe the program without the module's type.
    let info = format!("/proc/self/fdinfo/{}", program.as_raw_fd());
    let info = fs::read_to_string(&info).context(info)?;
    ensure!(info.contains("prog_type"), "no program: {info}");
    Ok(())
}

/// Opens the BTF object `id`.
fn btf(id: u32) -> Result<OwnedFd> {
    // SAFETY: The function takes a number.
    let fd = unsafe { libbpf_sys::bpf_btf_get_fd_by_id(id) };
    ensure!(fd >= 0, "no BTF object {id}");
    // SAFETY: libbpf has just opened the file descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Creates another map of the type of `like`, whose own BTF is `program_btf`.
fn create_like(like: &MapInfo, program_btf: u32, value_size: u32) -> Result<MapHandle> {
    let like = &like.info;
    let (module_btf, program_btf) = (btf(like.btf_vmlinux_id)?, btf(program_btf)?);
    let opts = bpf_map_create_opts {
        sz: size_of::<bpf_map_create_opts>() as _,
        btf_fd: program_btf.as_raw_fd() as _,
        btf_vmlinux_value_type_id: like.btf_vmlinux_value_type_id,
        value_type_btf_obj_fd: module_btf.as_raw_fd(),
        map_flags: like.map_flags,
        ..Default::default()
    };

    Ok(MapHandle::create(
        MapType::StructOps,
        Some("like"),
        like.key_size,
        value_size,
        like.max_entries,
        &opts,
    )?)
}

fn failed_creation_leaves_the_count(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut instance = Instance::load(&mut storage, Which::First, 1)?;
    let like = MapInfo::new(instance.map().as_fd())?;
    let (own_btf, size) = (like.info.btf_id, like.info.value_size);

    let map = create_like(&like, own_btf, size).context("a map like the first")?;
    expect("refcount with two maps", module.refcount()?, 2)?;
    drop(map);
    module.wait_refcount(1)?;

    for _ in 0..10 {
        // The one is refused before the map is allocated, the other after.
        let size = create_like(&like, own_btf, size + 8);
        expect_errno("wrong value size", size, Errno::INVAL)?;
        let kernel_btf = create_like(&like, VMLINUX_BTF, like.info.value_size);
        expect_errno("BTF of the kernel", kernel_btf, Errno::ACCESS)?;
    }
    // What is freed late has time until the first map is.
    drop(instance);
    module.wait_refcount(0)
}

fn failed_update_leaves_the_count(env: &Env) -> Result<()> {
    let module = env.testmod()?;
    let mut storage = MaybeUninit::uninit();
    let mut skel = TestmodSkelBuilder::default().open(&mut storage)?;

    // The module keeps `onebyte` to itself.
    let value = skel.maps.first.initial_value_mut().context("no value")?;
    value[std::mem::offset_of!(bpf_testmod_ops, onebyte)] = 1;
    let mut skel = skel.load()?;
    expect("refcount", module.refcount()?, 2)?;

    // libbpf updates the map when it is attached.
    let refused = skel.maps.first.attach_struct_ops().map_err(Into::into);
    expect_errno("a private member", refused, Errno::INVAL)?;
    expect("refcount after the failure", module.refcount()?, 2)?;
    drop(
        skel.maps
            .second
            .attach_struct_ops()
            .context("the other map")?,
    );
    drop(skel);
    module.wait_refcount(0)
}

fn module_can_come_back(env: &Env) -> Result<()> {
    for round in 1..=3 {
        let module = env.testmod()?;
        let mut storage = MaybeUninit::uninit();
        let mut instance = Instance::load(&mut storage, Which::First, round)?;

        drop(instance.attach()?);
        expect("argument of test_2", instance.globals()?.test_2_b, round)?;
        drop(instance);
        module.wait_refcount(0)?;
        module.remove().context("rmmod")?;
    }
    Ok(())
}
