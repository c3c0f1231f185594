// SPDX-License-Identifier: GPL-2.0

//! One step: a call, with objects that the steps before it made.

mod program;

use std::os::fd::{
    AsFd,
    AsRawFd,
    OwnedFd, //
};
use std::sync::Arc;

use guest_tests::random::Random;
use guest_tests::stress;
use libbpf_rs::libbpf_sys::{
    BPF_F_LINK,
    BPF_F_VTYPE_BTF_OBJ_FD, //
};

use crate::calls;
use crate::model::Type;
use crate::world::{
    Object,
    World, //
};

macro_rules! operations {
    ($($name:ident: $weight:literal, $what:literal;)*) => {
        /// What a step may do.
        #[derive(Clone, Copy)]
        pub enum Op { $($name),* }

        impl Op {
            pub const ALL: &[Self] = &[$(Self::$name),*];
            const WEIGHTS: &[u64] = &[$($weight),*];
            pub const NAMES: &[&str] = &[$($what),*];
        }
    };
}

operations! {
    Load: 22, "load a program";
    LoadRunnable: 7, "load a program for user space to run";
    LoadObject: 1, "load an object file";
    Create: 12, "create a map";
    Update: 14, "update a map";
    Delete: 3, "delete a value";
    LookUp: 2, "look a value up";
    Link: 10, "create a link";
    UpdateLink: 8, "update a link";
    Detach: 2, "detach a link";
    Close: 4, "close";
    Pin: 1, "pin";
    Unpin: 1, "open a pin and remove it";
    ProgArray: 2, "put a program into an array";
    Bind: 2, "bind a map";
    Associate: 2, "associate a map";
    Run: 6, "run a program";
    Info: 2, "ask for information";
    Store: 1, "make a map that keeps objects";
    ById: 1, "open a map by id";
    Open: 2, "open a device";
    Command: 12, "give a command to a device";
    Reload: 1, "rmmod and insmod";
}

impl Op {
    pub fn any(random: &mut Random) -> Self {
        let mut left = random.below(Self::WEIGHTS.iter().sum());
        for (op, weight) in Self::ALL.iter().zip(Self::WEIGHTS) {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *op,
            }
        }
        unreachable!()
    }
}

/// Any type: with what it is to be found again, and the BTF of its module.
struct Choice<'a> {
    module: usize,
    index: usize,
    ty: &'a Type,
    btf: Arc<OwnedFd>,
}

impl Choice<'_> {
    fn object(&self, fd: OwnedFd, member: usize) -> Object {
        Object {
            member,
            ..Object::new(fd, self.module, self.index)
        }
    }
}

/// Any type, but most often that of the phase: a map needs programs that fit.
fn any_type<'a>(world: &'a World, random: &mut Random, phase: u64) -> Option<Choice<'a>> {
    let mut favourite = Random::new(phase);
    let random = if random.chance(75) {
        &mut favourite
    } else {
        random
    };
    let module = random.below(world.modules.len() as u64) as usize;
    let loaded = &world.modules[module];
    let index = random.below(loaded.model.types.len().max(1) as u64) as usize;
    Some(Choice {
        module,
        index,
        ty: loaded.model.types.get(index)?,
        btf: loaded.btf.lock().unwrap().clone(),
    })
}

fn create(world: &World, random: &mut Random, phase: u64) -> Option<()> {
    let choice = any_type(world, random, phase)?;
    let mut flags = BPF_F_VTYPE_BTF_OBJ_FD;
    if random.chance(90) {
        flags |= BPF_F_LINK;
    }
    let size = choice.ty.value_size + u32::from(random.chance(1));
    let result = calls::create_struct_ops(
        size,
        flags,
        choice.ty.value_id,
        world.any_btf.as_raw_fd(),
        choice.btf.as_raw_fd(),
        world.token(random),
    );
    let fd = world.count(Op::Create, result)?;
    world.maps.put(random, Some(choice.object(fd, 0)));
    Some(())
}

/// Gives a map a value: a program for most callbacks, small numbers for the rest.
fn update(world: &World, random: &mut Random) -> Option<()> {
    let map = world.maps.get(random)?;
    let ty = &world.modules[map.module].model.types[map.ty];
    let mut value = vec![0; ty.value_size as usize];
    // Otherwise the programs would be gone when the kernel looks.
    let mut programs = vec![];
    for (index, member) in ty.members.iter().enumerate() {
        let Some(place) = value.get_mut(member.offset..) else {
            continue;
        };
        if member.signature.is_some() {
            let right = random.chance(98);
            let program = world.programs.find(random, |program| {
                !right
                    || (program.module, program.ty, program.member) == (map.module, map.ty, index)
            });
            if let Some(program) = program.filter(|_| place.len() >= 8) {
                place[..8].copy_from_slice(&(program.fd() as u64).to_ne_bytes());
                programs.push(program);
            }
        } else if random.chance(30) && !place.is_empty() {
            place[0] = random.below(6) as u8;
        }
    }
    if random.chance(2) {
        let at = random.below(value.len() as u64) as usize;
        value[at] = value[at].wrapping_add(1);
    }
    let flags = if random.chance(2) { random.below(4) } else { 0 };
    let result = calls::update(map.fd(), u32::from(random.chance(1)), &value, flags);
    world.count(Op::Update, result)
}

fn update_link(world: &World, random: &mut Random) -> Option<()> {
    let link = world.links.get(random)?;
    let new = if random.chance(80) {
        let same = |map: &Object| (map.module, map.ty) == (link.module, link.ty);
        world.maps.find(random, same)?
    } else {
        world.maps.get(random)?
    };
    let old = if random.chance(30) {
        world.maps.get(random)
    } else {
        None
    };
    let result = stress::update_link(
        link.fd.as_fd(),
        new.fd.as_fd(),
        old.as_ref().map(|old| old.fd.as_fd()),
    );
    world.count(Op::UpdateLink, result)
}

fn close(world: &World, random: &mut Random) {
    let pools = [
        &world.programs,
        &world.maps,
        &world.maps,
        &world.links,
        &world.links,
    ];
    let files = &world.modules[random.below(world.modules.len() as u64) as usize].files;
    let pool = if random.chance(10) {
        files
    } else {
        random.pick(&pools)
    };
    pool.put(random, None);
    world.count(Op::Close, Ok(()));
}

/// Any object that is not a file of a device.
fn any_object(world: &World, random: &mut Random) -> Option<Arc<Object>> {
    random
        .pick(&[&world.programs, &world.maps, &world.links])
        .get(random)
}

fn command(world: &World, random: &mut Random) -> Option<()> {
    let module = &world.modules[random.below(world.modules.len() as u64) as usize];
    let file = module.files.get(random)?;
    let command = random.pick(module.commands);
    let result = rustix::io::write(&file.fd, command.as_bytes());
    world.count(Op::Command, result.map(drop))
}

/// Makes a step, if there are objects for it.
pub fn step(op: Op, world: &World, random: &mut Random, phase: u64) -> Option<()> {
    match op {
        Op::Load => program::load(world, random, phase),
        Op::LoadRunnable => program::load_runnable(world, random, phase),
        Op::LoadObject => program::load_object(world, random),
        Op::Create => create(world, random, phase),
        Op::Update => update(world, random),
        Op::Delete => world.count(op, calls::delete(world.maps.get(random)?.fd(), 0)),
        Op::LookUp => world.count(op, calls::look_up(world.maps.get(random)?.fd(), 0)),
        Op::Link => {
            let map = world.maps.get(random)?;
            let fd = world.count(op, stress::link(map.fd.as_fd()))?;
            let object = Object::new(fd, map.module, map.ty);
            world.links.put(random, Some(object));
            Some(())
        }
        Op::UpdateLink => update_link(world, random),
        Op::Detach => world.count(op, stress::detach(world.links.get(random)?.fd.as_fd())),
        Op::Close => {
            close(world, random);
            Some(())
        }
        Op::Pin => {
            let path = world.pins.join(random.below(4).to_string());
            world.count(op, calls::pin(any_object(world, random)?.fd(), &path))
        }
        Op::Unpin => {
            let path = world.pins.join(random.below(4).to_string());
            let opened = calls::get(&path);
            let _ = std::fs::remove_file(path);
            world.count(op, opened).map(drop)
        }
        Op::ProgArray => {
            let program = world.programs.get(random)?;
            let (array, key) = (world.prog_array.as_raw_fd(), random.below(4) as u32);
            world.count(
                op,
                calls::update(array, key, &program.fd().to_ne_bytes(), 0),
            )
        }
        Op::Bind => {
            let (program, map) = (world.programs.get(random)?, world.maps.get(random)?);
            world.count(op, calls::bind(program.fd(), map.fd()))
        }
        Op::Associate => {
            let pools = [&world.programs, &world.runnable];
            let pool = random.pick(&pools);
            let (program, map) = (pool.get(random)?, world.maps.get(random)?);
            world.count(op, calls::associate(program.fd(), map.fd()))
        }
        Op::Run => world.count(op, calls::test_run(world.runnable.get(random)?.fd())),
        Op::Info => world.count(op, calls::info(any_object(world, random)?.fd())),
        Op::Store => {
            let store = world.count(op, calls::create_store(world.any_btf.as_raw_fd()));
            // One in four steps drops the one that was there.
            let store = store.filter(|_| random.chance(75)).map(Arc::new);
            *world.store.lock().unwrap() = store;
            Some(())
        }
        Op::ById => {
            let (_, map) = calls::map_behind(random.below(1000) as u32)?;
            world.count(op, map).map(drop)
        }
        Op::Open => {
            let module = random.below(world.modules.len() as u64) as usize;
            let loaded = &world.modules[module];
            if loaded.commands.is_empty() {
                return None;
            }
            let fd = world.count(op, loaded.open())?;
            loaded.files.put(random, Some(Object::new(fd, module, 0)));
            Some(())
        }
        Op::Command => command(world, random),
        Op::Reload => {
            let module = &world.modules[random.below(world.modules.len() as u64) as usize];
            let _one = world.reloading.lock().unwrap();
            world.count(op, module.reload())
        }
    }
}
