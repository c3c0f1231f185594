// SPDX-License-Identifier: GPL-2.0

//! `faults MODULES [TEST]`: fails each allocation of each operation of the registry, one at a time.
//!
//! For each operation the first allocation is failed, then the second, and so on, until it succeeds
//! without having come to the one that was to fail. Each time the module has as many users as
//! before, the registry counts as many maps and links, and the same succeeds without a fault. What
//! leaks is found by kmemleak when the guest ends. Needs a kernel with `CONFIG_FAILSLAB`.

#![forbid(unsafe_code)]

mod inject;

use std::cell::RefCell;
use std::os::fd::{
    AsFd,
    OwnedFd, //
};
use std::process::ExitCode;

use anyhow::Result;
use guest_tests::env::{
    expect,
    Env,
    STRESS, //
};
use guest_tests::inject::supported;
use guest_tests::ktap::{
    self,
    Group,
    Test, //
};
use guest_tests::stress::{
    self,
    Device,
    Kind, //
};
use guest_tests::tests;
use rustix::io::Errno;
use struct_ops_user::kmod::Inserted;
use struct_ops_user::types::{
    Type,
    Types, //
};

use inject::{
    each_fault,
    each_fault_matters, //
};

const TESTS: &[Test] = tests![
    register,
    unregister,
    create_map,
    update_map,
    create_link,
    update_link,
    load_program,
];

/// The module, with both types registered.
struct Stage {
    // Dropped in this order: each holds the next.
    device: Device,
    btf: OwnedFd,
    kinds: [Kind; 2],
    types: Types,
    module: Inserted,
}

impl Stage {
    fn new(env: &Env) -> Result<Self> {
        let module = env.module(STRESS)?.insert()?;
        let btf = stress::btf_of(STRESS)?;
        let device = Device::open()?;
        device.command("register")?;
        let kinds = Kind::both()?;
        module.wait_refcount(1)?;
        Ok(Self {
            device,
            btf,
            kinds,
            types: Types::open()?,
            module,
        })
    }

    /// The users of the module, and the registered types with their maps and links.
    fn state(&self) -> Result<(u32, Vec<Type>)> {
        Ok((self.module.refcount()?, stress::registered(&self.types)?))
    }

    /// Maps are freed some time after they are closed.
    fn without_maps(&self) -> Result<()> {
        self.module.wait_refcount(1)
    }

    fn load(&self, kind: &Kind) -> Result<OwnedFd, Errno> {
        kind.load(self.btf.as_fd())
    }

    fn create(&self, kind: &Kind) -> Result<OwnedFd, Errno> {
        kind.create(self.btf.as_fd())
    }

    /// A map that has its program, so that it can be attached.
    fn ready(&self, kind: &Kind, priority: u32) -> Result<OwnedFd, Errno> {
        let map = self.create(kind)?;
        kind.update_at(map.as_fd(), self.load(kind)?.as_fd(), priority)?;
        Ok(map)
    }
}

fn done<T>(_: T) -> Result<()> {
    Ok(())
}

fn register(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;

    stage.device.command("unregister")?;
    each_fault_matters(
        "register",
        || stage.state(),
        || stage.device.command("register"),
        |()| Ok(stage.device.command("unregister")?),
    )
}

fn unregister(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;
    let tally = each_fault(
        "unregister",
        || stage.state(),
        || stage.device.command("unregister"),
        |()| Ok(stage.device.command("register")?),
    )?;
    expect("refused", tally.refused(), 0)
}

fn load_program(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;

    for kind in &stage.kinds {
        let what = format!("load a program of {}", kind.name);
        each_fault_matters(&what, || stage.state(), || stage.load(kind), done)?;
    }
    Ok(())
}

fn create_map(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;

    for kind in &stage.kinds {
        let what = format!("create a map of {}", kind.name);
        each_fault_matters(&what, || stage.state(), || stage.create(kind), done)?;
    }
    Ok(())
}

fn update_map(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;

    for kind in &stage.kinds {
        stage.without_maps()?;
        let program = stage.load(kind)?;
        // An update that fails leaves the map as it was; one that succeeds is the last.
        let map = RefCell::new(stage.create(kind)?);
        each_fault_matters(
            &format!("update a map of {}", kind.name),
            || stage.state(),
            || kind.update(map.borrow().as_fd(), program.as_fd()),
            |()| {
                map.replace(stage.create(kind)?);
                Ok(())
            },
        )?;
    }
    Ok(())
}

fn create_link(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;

    for kind in &stage.kinds {
        stage.without_maps()?;
        let map = stage.ready(kind, 0)?;
        each_fault_matters(
            &format!("create a link of {}", kind.name),
            || stage.state(),
            || stress::link(map.as_fd()),
            done,
        )?;
    }
    Ok(())
}

fn update_link(env: &Env) -> Result<()> {
    let stage = Stage::new(env)?;

    for kind in &stage.kinds {
        stage.without_maps()?;
        // Where there is an order, the update changes it, which takes allocations in the module.
        let [old, other, new] = [0, 1, 2].map(|priority| stage.ready(kind, priority));
        let [old, other, new] = [old?, other?, new?];
        let link = stress::link(old.as_fd())?;
        let _other = stress::link(other.as_fd())?;
        each_fault(
            &format!("update a link of {}", kind.name),
            || stage.state(),
            || stress::update_link(link.as_fd(), new.as_fd(), None),
            |()| Ok(stress::update_link(link.as_fd(), old.as_fd(), None)?),
        )?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(modules), filter) = (args.next(), args.next().unwrap_or_default()) else {
        eprintln!("usage: faults MODULES [TEST]");
        return ExitCode::FAILURE;
    };
    if !supported() {
        println!("KTAP version 1\n1..1");
        println!(
            "ok 1 faults # SKIP this kernel has no CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC"
        );
        return ExitCode::SUCCESS;
    }
    let groups = [Group {
        name: "faults",
        tests: TESTS,
    }];
    ktap::main(modules.as_ref(), &groups, &filter)
}
