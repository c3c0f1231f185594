// SPDX-License-Identifier: GPL-2.0

//! `races MODULES`: everything that can be done to the types of a module, all at once.
//!
//! Threads register and unregister a type, load programs, create, update and free maps, create,
//! update, detach and close links, call the programs, and remove and insert the module. They use the
//! same objects. At the end nothing may be in use; what the kernel says meanwhile is for `vm.sh`.

#![forbid(unsafe_code)]

mod shared;

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use guest_tests::env::{
    expect,
    lacks_series,
    Env,
    STRESS, //
};
use guest_tests::ktap::{
    self,
    Group,
    Test, //
};
use guest_tests::random::Random;
use guest_tests::stress::{
    self,
    Device, //
};
use guest_tests::tests;
use struct_ops_user::kmod::Module;
use struct_ops_user::types::Types;

use shared::{
    Op,
    Shared, //
};

const TESTS: &[Test] = tests![everything_at_once];

/// It ends after so many operations, or after this time, if of each kind there were enough.
const GOAL: u64 = 100_000;
const TIME: Duration = Duration::from_secs(300);

/// It fails if there are not enough by then.
const LIMIT: Duration = Duration::from_secs(1500);

/// Waiting for readers is most of what the operations do, and no race.
const EXPEDITED: &str = "/sys/kernel/rcu_expedited";

const WORKERS: u64 = 12;
const REGISTRARS: u64 = 2;

/// How long the last map may take to be freed. If it takes longer, the module is just not removed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Does something to an object of either type.
fn work(shared: &Shared, random: &mut Random) {
    let objects = &shared.objects[random.below(2) as usize];
    let kind = &objects.kind;
    let btf = shared.btf.lock().unwrap().clone();
    let priority = random.below(3) as u32;

    let done = match random.below(100) {
        0..15 => {
            let program = shared.count(Op::Load, kind.load(btf.as_fd()));
            program.map(|program| drop(objects.programs.put(random, Some(program))))
        }
        15..30 if shared.is_leaving() => None,
        15..30 => shared
            .count(Op::Create, kind.create(btf.as_fd()))
            .map(|map| {
                if let Some(program) = objects.programs.get(random) {
                    let updated = kind.update_at(map.as_fd(), program.as_fd(), priority);
                    shared.count(Op::Update, updated);
                }
                shared.close(Op::Free, objects.maps.put(random, Some(map)));
            }),
        30..34 => {
            shared.close(Op::Free, objects.maps.put(random, None));
            Some(())
        }
        34..42 => objects.maps.get(random).and_then(|map| {
            let program = objects.programs.get(random)?;
            let updated = kind.update_at(map.as_fd(), program.as_fd(), priority);
            let done = shared.count(Op::Update, updated);
            shared.close(Op::Free, Some(map));
            done
        }),
        42..60 => objects.maps.get(random).and_then(|map| {
            let link = shared.count(Op::Link, stress::link(map.as_fd()));
            shared.close(Op::Free, Some(map));
            shared.close(Op::Close, objects.links.put(random, Some(link?)));
            Some(())
        }),
        60..74 => objects.links.get(random).and_then(|link| {
            let map = objects.maps.get(random)?;
            let result = stress::update_link(link.as_fd(), map.as_fd(), None);
            shared.close(Op::Free, Some(map));
            shared.close(Op::Close, Some(link));
            shared.count(Op::UpdateLink, result)
        }),
        74..79 => objects.links.get(random).and_then(|link| {
            let done = shared.count(Op::Detach, stress::detach(link.as_fd()));
            shared.close(Op::Close, Some(link));
            done
        }),
        79..84 => {
            shared.close(Op::Close, objects.links.put(random, None));
            Some(())
        }
        _ => {
            let result = Device::open().and_then(|device| device.command("call"));
            shared.count(Op::Call, result)
        }
    };
    // To be refused is quick: without this, most operations would be those without the module.
    if done.is_none() && shared.absent.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Registers the type that comes and goes, and unregisters it.
fn come_and_go(shared: &Shared, random: &mut Random) {
    if shared.is_leaving() {
        thread::sleep(Duration::from_millis(2));
        return;
    }
    // There is none when the module is not loaded.
    if let Ok(device) = Device::open() {
        let registered = shared.count(Op::Register, device.command("register"));
        shared.pause(random.millis(100));
        if registered.is_some() {
            let result = match random.below(2) {
                0 => device.command("unregister"),
                // The file is what holds the registration.
                _ => {
                    drop(device);
                    Ok(())
                }
            };
            shared.count(Op::Unregister, result);
        }
    }
    shared.pause(random.millis(10));
}

/// Removes and inserts the module.
fn remove_and_insert(shared: &Shared, random: &mut Random, module: &Module, file: &[u8]) {
    shared.pause(random.millis(10_000));
    shared.leaving.store(true, Ordering::Relaxed);
    let start = Instant::now();
    while start.elapsed() < PATIENCE && module.refcount().is_ok_and(|count| count > 0) {
        shared.clear();
        thread::sleep(Duration::from_millis(5));
    }
    // Now it can be removed, but everybody may use it again as well.
    shared.leaving.store(false, Ordering::Relaxed);
    if shared.count(Op::Remove, module.remove()).is_none() {
        return;
    }
    shared.absent.store(true, Ordering::Relaxed);
    let inserted = rustix::system::init_module(file, c"");
    if shared.count(Op::Insert, inserted).is_some() {
        if let Ok(btf) = stress::btf_of(STRESS) {
            *shared.btf.lock().unwrap() = btf.into();
        }
        shared.absent.store(false, Ordering::Relaxed);
    }
}

/// Lets `act` run again and again.
fn repeat(shared: &Shared, seed: u64, act: impl Fn(&Shared, &mut Random)) {
    let mut random = Random::new(seed);
    while !shared.stopped() {
        act(shared, &mut random);
    }
}

/// Waits until enough has been done.
fn wait(shared: &Shared, start: Instant) {
    while start.elapsed() < LIMIT {
        thread::sleep(Duration::from_millis(200));
        let (mut total, mut enough) = (0, true);
        for (operation, tally) in shared.tallies() {
            total += tally.total();
            enough &= tally.succeeded >= operation.least;
        }
        if enough && (total >= GOAL || start.elapsed() >= TIME) {
            return;
        }
    }
}

fn everything_at_once(env: &Env) -> Result<()> {
    fs::write(EXPEDITED, "1").context(EXPEDITED)?;
    let module = env.module(STRESS)?.insert()?;
    let btf = stress::btf_of(STRESS)?;
    let device = Device::open()?;
    device.command("register")?;
    let shared = Shared::new(btf)?;
    drop(device);
    let file = fs::read(module.path())?;
    let start = Instant::now();

    thread::scope(|scope| {
        let shared = &shared;
        for seed in 0..WORKERS {
            scope.spawn(move || repeat(shared, seed, work));
        }
        for seed in WORKERS..WORKERS + REGISTRARS {
            scope.spawn(move || repeat(shared, seed, come_and_go));
        }
        scope.spawn(|| {
            repeat(shared, WORKERS + REGISTRARS, |shared, random| {
                remove_and_insert(shared, random, &module, &file)
            })
        });
        wait(shared, start);
        shared.stop();
    });

    let (mut total, mut bad) = (0, Vec::new());
    for (operation, tally) in shared.tallies() {
        println!("    # {}: {tally}", operation.name);
        total += tally.total();
        if tally.succeeded < operation.least {
            bad.push(format!("{}: too few have succeeded", operation.name));
        }
        if let Some(errno) = tally.unknown(operation.errors) {
            bad.push(format!("{}: {errno}", operation.name));
        }
    }
    println!(
        "    # {total} operations in {} s",
        start.elapsed().as_secs()
    );
    shared.clear();
    if !bad.is_empty() {
        bail!("{}", bad.join("; "));
    }

    // What is in use now is stuck.
    module.wait_refcount(0)?;
    let types = Types::open()?;
    let left = stress::registered(&types)?.into_iter();
    expect(
        "types",
        left.map(|each| (each.name, each.maps, each.links))
            .collect(),
        vec![("stress_order_ops".to_owned(), 0, 0)],
    )?;
    module.remove()?;
    expect("types after rmmod", stress::registered(&types)?, vec![])
}

fn main() -> ExitCode {
    let Some(modules) = std::env::args().nth(1) else {
        eprintln!("usage: races MODULES");
        return ExitCode::FAILURE;
    };
    let stress = Path::new(&modules).join(format!("{STRESS}.ko"));
    if lacks_series(&stress).unwrap_or(false) {
        println!("KTAP version 1\n1..1");
        println!("ok 1 races # SKIP types come and go only with the series");
        return ExitCode::SUCCESS;
    }
    let groups = [Group {
        name: "races",
        tests: TESTS,
    }];
    ktap::main(modules.as_ref(), &groups, "")
}
