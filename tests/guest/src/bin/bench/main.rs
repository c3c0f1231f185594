// SPDX-License-Identifier: GPL-2.0

//! `bench MODULES calls|time|cpus|maps|types|shared-ROW`: what calls through slots cost, and what it takes to make types, maps
//! and links.
//!
//! To be run as root in a guest in which a nanosecond is an instruction (QEMU's `-icount shift=0`), but for
//! `time`.
//! Prints a line for each row and module: the row, `c`, `rust` or `bare`, and the instructions or bytes,
//! with tabs between them. `bench-report` makes a table of it.

mod calls;
mod control;
mod types;

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;
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
use guest_tests::stress::btf_of;
use libbpf_rs::{
    Link,
    MapCore,
    Object,
    ObjectBuilder, //
};
use rustix::process::{
    setrlimit,
    Resource,
    Rlimit, //
};
use struct_ops_user::kmod::{
    Inserted,
    Module, //
};

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bench.o"));

/// The module in C, and that in Rust.
const MODULES: [&str; 2] = ["c", "rust"];

/// Few enough instructions that some rounds are free of timer interrupts.
const ROUNDS: u32 = 20;

/// In this time, what has been done leaves nothing to do: callbacks of RCU, and workers.
const QUIET: Duration = Duration::from_millis(20);

/// For the maps.
const FILES: u64 = 16_384;

/// The least of all rounds.
fn least(mut round: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        least = least.min(round()?);
    }
    Ok(least)
}

/// Does something when all is quiet, and adds to the list what it has taken.
fn timed<T, E>(taken: &mut Vec<f64>, act: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    thread::sleep(QUIET);
    let start = Instant::now();
    let result = act();
    taken.push(start.elapsed().as_nanos() as f64);
    result
}

/// The number that half of them are at most.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn print(row: &str, of: &str, number: f64) {
    println!("{row}\t{of}\t{number:.2}");
}

/// Has the module `bench_<of>` do something.
fn command(of: &str, command: &str) -> Result<()> {
    let file = format!("/sys/kernel/debug/bench_{of}/run");
    fs::write(&file, command).with_context(|| format!("{command} > {file}"))
}

/// Loads the programs once more and attaches those of the rows.
fn attach(rows: &[&str]) -> Result<(Object, Vec<Link>)> {
    let mut object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;
    let wanted = |name: &str| rows.iter().any(|row| name.ends_with(&format!("_{row}")));
    let links = object
        .maps_mut()
        .filter(|map| map.name().to_str().is_some_and(wanted))
        .map(|mut map| map.attach_struct_ops())
        .collect::<Result<Vec<_>, _>>()?;
    Ok((object, links))
}

/// Memory of the kernel in bytes: slabs, and what is mapped page by page.
#[derive(Clone, Copy)]
struct Memory {
    slab: i64,
    vmalloc: i64,
}

impl Memory {
    fn now() -> Result<Self> {
        // What is being freed is free then, and what is only kept for later is not counted.
        thread::sleep(Duration::from_secs(6));
        fs::write("/proc/sys/vm/drop_caches", "3")?;
        // What each processor has counted is added up.
        fs::write("/proc/sys/vm/stat_refresh", "1")?;
        let text = fs::read_to_string("/proc/meminfo")?;
        let field = |name: &str| -> Result<i64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.context("meminfo")?.parse::<i64>()? * 1024)
        };
        Ok(Self {
            slab: field("Slab:")?,
            vmalloc: field("VmallocUsed:")?,
        })
    }

    /// Prints what has been added since then by so many things.
    fn print_since(self, row: &str, of: &str, things: usize) -> Result<()> {
        let now = Self::now()?;
        let each = |bytes: i64| bytes as f64 / things as f64;
        print(&format!("{row}, slab"), of, each(now.slab - self.slab));
        print(
            &format!("{row}, vmalloc"),
            of,
            each(now.vmalloc - self.vmalloc),
        );
        Ok(())
    }
}

fn insert(modules: &Path, name: &str) -> Result<(Inserted, OwnedFd)> {
    let name = format!("bench_{name}");
    let path = modules.join(format!("{name}.ko"));
    Ok((Module::new(&path)?.insert()?, btf_of(&name)?))
}

/// Does the host's processor run this guest?
fn under_kvm() -> Result<bool> {
    let clocks = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
    Ok(fs::read_to_string(clocks)?.contains("kvm-clock"))
}

/// Has the kernel do the same each time. In a guest that counts instructions, that is what is left to chance.
/// We should also have a real-time priority, so that no worker runs while we do (`chrt -f 1`).
fn steady() -> Result<()> {
    // Nor does one worker interrupt another that it has work for.
    fs::write("/sys/kernel/debug/sched/features", "NO_WAKEUP_PREEMPTION")?;
    // How many free pages each processor keeps does not change. 8 is the most of them.
    fs::write("/proc/sys/vm/percpu_pagelist_high_fraction", "8")?;
    Ok(())
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(modules), Some(part)) = (args.next(), args.next()) else {
        bail!("usage: bench MODULES calls|time|cpus|maps|types|shared-ROW");
    };
    let modules = Path::new(&modules);
    let limit = Rlimit {
        current: Some(FILES),
        maximum: Some(FILES),
    };
    setrlimit(Resource::Nofile, limit)?;
    steady()?;
    // To detach, one waits for readers: as little as possible.
    fs::write("/sys/kernel/rcu_expedited", "1")?;
    let inserted = [insert(modules, "c")?, insert(modules, "rust")?];
    match part.as_str() {
        "calls" => calls::rows("call")?,
        // An emulated processor's is none.
        "time" if under_kvm()? => calls::rows("nanoseconds of a call")?,
        "time" => {}
        "cpus" => calls::rows_on_cpus()?,
        "maps" => control::rows(&inserted)?,
        "types" => types::rows(modules, &inserted)?,
        part => {
            let row = part.strip_prefix("shared-");
            calls::on_two_cpus(row.with_context(|| format!("no part {part}"))?)?;
        }
    }
    // The guest ends here.
    std::mem::forget(inserted);
    Ok(())
}
