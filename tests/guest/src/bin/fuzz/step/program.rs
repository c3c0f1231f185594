// SPDX-License-Identifier: GPL-2.0

//! Programs: made at random, and those of the tests.

use std::os::fd::{
    AsFd,
    AsRawFd, //
};

use guest_tests::random::Random;
use guest_tests::stress;
use libbpf_rs::libbpf_sys::{
    bpf_insn,
    BPF_F_SLEEPABLE,
    BPF_PROG_TYPE_STRUCT_OPS,
    BPF_PROG_TYPE_SYSCALL, //
};
use libbpf_rs::{
    MapCore,
    MapType,
    Object as LibbpfObject,
    ObjectBuilder,
    OpenObject,
    ProgramType, //
};
use rustix::io::Errno;

use super::{
    any_type,
    Choice,
    Op, //
};
use crate::body::{
    Body,
    Setting, //
};
use crate::calls::{
    self,
    Load, //
};
use crate::model::{
    Kind,
    Signature, //
};
use crate::world::{
    Object,
    World, //
};

macro_rules! objects {
    ($($module:literal),*) => {
        /// Programs as people write them, for these modules.
        const OBJECTS: &[(&str, &[u8])] = &[
            $(($module, include_bytes!(concat!(env!("OUT_DIR"), "/", $module, ".o")))),*
        ];
    };
}
objects!("stress", "slots", "policy", "zoo", "lease");

pub(super) fn load(world: &World, random: &mut Random, phase: u64) -> Option<()> {
    let choice = any_type(world, random, phase)?;
    let members = &choice.ty.members;
    let member = random.below(members.len() as u64 + 1) as usize;
    let signature = |member: usize| members.get(member).and_then(|each| each.signature.clone());
    // Most are for callbacks.
    let member = match signature(member) {
        None if random.chance(95) => members.iter().position(|each| each.signature.is_some())?,
        _ => member,
    };
    let sleepable = random.chance(15);
    let signature = signature(member).unwrap_or(Signature {
        arguments: vec![Kind::Other],
        result: Kind::Other,
    });
    let insns = body(world, random, &choice, &signature, sleepable);
    let result = calls::load(&Load {
        kind: BPF_PROG_TYPE_STRUCT_OPS,
        insns: &insns,
        type_id: choice.ty.id + u32::from(random.chance(1)),
        member: member as u32,
        flags: if sleepable { BPF_F_SLEEPABLE } else { 0 },
        btf: choice.btf.as_raw_fd(),
        token: world.token(random),
    });
    let fd = world.count(Op::Load, result)?;
    world.programs.put(random, Some(choice.object(fd, member)));
    Some(())
}

pub(super) fn load_runnable(world: &World, random: &mut Random, phase: u64) -> Option<()> {
    let choice = any_type(world, random, phase)?;
    let none = Signature {
        arguments: vec![],
        result: Kind::Number,
    };
    let insns = body(world, random, &choice, &none, true);
    let result = calls::load(&Load {
        kind: BPF_PROG_TYPE_SYSCALL,
        insns: &insns,
        type_id: 0,
        member: 0,
        flags: BPF_F_SLEEPABLE,
        btf: choice.btf.as_raw_fd(),
        token: world.token(random),
    });
    let fd = world.count(Op::LoadRunnable, result)?;
    world.runnable.put(random, Some(choice.object(fd, 0)));
    Some(())
}

/// A program with the kfuncs of the module of the type.
fn body(
    world: &World,
    random: &mut Random,
    choice: &Choice<'_>,
    signature: &Signature,
    sleepable: bool,
) -> Vec<bpf_insn> {
    let store = world.store.lock().unwrap().clone();
    let setting = Setting {
        signature,
        sleepable,
        model: &world.modules[choice.module].model,
        array: world.array.as_raw_fd(),
        prog_array: world.prog_array.as_raw_fd(),
        arena: world.arena.as_raw_fd(),
        store: store.as_ref().map(|store| store.as_raw_fd()),
        user: world.lasting.user,
    };
    Body::instructions(random, setting)
}

/// Loads some programs and maps of the tests, by libbpf.
pub(super) fn load_object(world: &World, random: &mut Random) -> Option<()> {
    let (name, object) = random.pick(OBJECTS);
    let module = world
        .modules
        .iter()
        .position(|module| module.module.name() == *name)?;
    let open = ObjectBuilder::default().open_memory(object).ok()?;
    // libbpf-rs does not say which.
    let loaded = some(open, random).map_err(|_| Errno::INVAL);
    let loaded = world.count(Op::LoadObject, loaded)?;
    let model = &world.modules[module].model;
    for program in loaded.progs() {
        // Programs that were left out have none.
        let Ok(fd) = program.as_fd().try_clone_to_owned() else {
            continue;
        };
        let id = stress::type_of(fd.as_fd()).unwrap_or(0);
        let ty = model.types.iter().position(|ty| ty.id == id);
        let pool = match program.prog_type() {
            ProgramType::StructOps => &world.programs,
            _ => &world.runnable,
        };
        let object = Object {
            member: calls::member_of(&program) as usize,
            ..Object::new(fd, module, ty.unwrap_or(0))
        };
        pool.put(random, Some(object));
    }
    for map in loaded.maps() {
        let id = map.info().ok()?.info.btf_vmlinux_value_type_id;
        let ty = model.types.iter().position(|ty| ty.value_id == id);
        if let (Some(ty), Ok(fd)) = (ty, map.as_fd().try_clone_to_owned()) {
            world.maps.put(random, Some(Object::new(fd, module, ty)));
        }
    }
    Some(())
}

fn some(mut open: OpenObject, random: &mut Random) -> libbpf_rs::Result<LibbpfObject> {
    for mut map in open.maps_mut() {
        match map.map_type() {
            MapType::StructOps => map.set_autocreate(random.chance(20))?,
            // There is one already, and KASAN has half a gigabyte for each.
            MapType::Arena => map.set_autocreate(false)?,
            _ => {}
        }
    }
    for mut program in open.progs_mut() {
        let chance = if program.autoload() { 30 } else { 5 };
        program.set_autoload(random.chance(chance));
    }
    open.load()
}
