// SPDX-License-Identifier: GPL-2.0

//! `bench MODULES`: what calls through slots cost, and what it takes to make a map and a link.
//!
//! To be run as root in a guest in which a nanosecond is an instruction (QEMU's `-icount shift=0`).
//! Prints a line for each row and module: the row, `c` or `rust`, and the instructions, with tabs
//! between them.

use std::fs;
use std::os::fd::{
    AsFd,
    OwnedFd, //
};
use std::path::Path;
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::{
    Context,
    Result, //
};
use guest_tests::stress::{
    self,
    newest_btf,
    Kind, //
};
use libbpf_rs::{
    Link,
    MapCore,
    Object,
    ObjectBuilder, //
};
use rustix::io::Errno;
use rustix::process::{
    setrlimit,
    Resource,
    Rlimit, //
};
use struct_ops_user::kmod::Module;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bench.o"));

/// The module in C, the one in Rust, and the type of each that takes several maps.
const MODULES: [(&str, &str); 2] = [("c", "bench_c_many_ops"), ("rust", "bench_rust_many_ops")];

/// Of the modules: calls for each time the file is written to.
const CALLS: u32 = 10_000;
/// Few enough instructions that some rounds are free of timer interrupts.
const ROUNDS: u32 = 20;

/// The rows with one table.
const ONE: [&str; 5] = ["zero", "two", "five", "srcu", "counted"];
/// Those with several.
const SEVERAL: [&str; 2] = ["many", "order"];

/// The least of all rounds.
fn least(mut round: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        least = least.min(round()?);
    }
    Ok(least)
}

fn print(row: &str, of: &str, instructions: f64) {
    println!("{row}\t{of}\t{instructions:.2}");
}

/// Prints the instructions for each call, which is made through all tables that are attached.
fn calls(row: &str, title: &str) -> Result<()> {
    for (of, _) in MODULES {
        let file = format!("/sys/kernel/debug/bench_{of}/run");
        let instructions = least(|| {
            let start = Instant::now();
            fs::write(&file, row).with_context(|| file.clone())?;
            Ok(start.elapsed().as_nanos() as f64 / f64::from(CALLS))
        })?;
        print(title, of, instructions);
    }
    Ok(())
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

/// What single calls of bpf(2) cost for a type, when there are `live` maps of it.
struct Control {
    module: Module,
    kind: Kind,
    btf: OwnedFd,
    program: OwnedFd,
}

impl Control {
    fn map(&self) -> Result<OwnedFd, Errno> {
        let map = self.kind.create(self.btf.as_fd())?;
        self.kind.update(map.as_fd(), self.program.as_fd())?;
        Ok(map)
    }

    fn rows(&self, of: &str, live: usize) -> Result<()> {
        let before = self.module.refcount()?;
        let maps: Vec<_> = (0..live).map(|_| self.map()).collect::<Result<_, _>>()?;
        let mut least = [f64::MAX; 4];
        for _ in 0..ROUNDS {
            let mut times = vec![Instant::now()];
            let map = self.kind.create(self.btf.as_fd())?;
            times.push(Instant::now());
            self.kind.update(map.as_fd(), self.program.as_fd())?;
            times.push(Instant::now());
            let link = stress::link(map.as_fd())?;
            times.push(Instant::now());
            drop(link);
            let load = Instant::now();
            drop(self.kind.load(self.btf.as_fd())?);
            times.extend([load, Instant::now()]);
            let spans = [(0, 1), (1, 2), (2, 3), (4, 5)];
            for (least, (from, to)) in least.iter_mut().zip(spans) {
                *least = least.min((times[to] - times[from]).as_nanos() as f64);
            }
        }
        for (what, instructions) in ["create map", "update map", "create link", "load program"]
            .iter()
            .zip(least)
        {
            print(&format!("{what}, {live} maps"), of, instructions);
        }
        // To free them would be part of what is measured next, and where they were, the next would fit.
        drop(maps);
        self.module.wait_refcount(before)?;
        // Without the series the module is given back before they are free.
        thread::sleep(Duration::from_secs(2));
        Ok(())
    }
}

fn main() -> Result<()> {
    let modules = std::env::args().nth(1).context("usage: bench MODULES")?;
    // For the maps.
    let limit = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    setrlimit(Resource::Nofile, limit)?;
    let mut controls = vec![];
    let mut inserted = vec![];
    for (of, _) in MODULES {
        let path = Path::new(&modules).join(format!("bench_{of}.ko"));
        inserted.push((Module::new(&path)?.insert()?, newest_btf()?));
    }
    let (object, none) = attach(&[])?;
    drop(none);
    for ((of, name), (module, btf)) in MODULES.into_iter().zip(&inserted) {
        let kind = Kind::of(
            &object,
            name,
            &format!("{of}_many"),
            &format!("{of}_many_call"),
            0,
        )?;
        let program = kind.load(btf.as_fd())?;
        controls.push(Control {
            module: Module::clone(module),
            kind,
            btf: btf.try_clone()?,
            program,
        });
    }
    for live in [1, 1000] {
        for (control, (of, _)) in controls.iter().zip(MODULES) {
            control.rows(of, live)?;
        }
    }
    drop((controls, object));

    calls("two", "call, none attached")?;
    let mut attached = vec![attach(&["rcu", "srcu", "counted"])?];
    for row in ONE {
        calls(row, &format!("call, {row}"))?;
    }
    for tables in [1, 4, 16] {
        while attached.len() <= tables {
            attached.push(attach(&SEVERAL)?);
        }
        for row in SEVERAL {
            calls(row, &format!("call, {row}, {tables} tables"))?;
        }
    }
    // The module in C cannot be removed, and the guest ends here.
    std::mem::forget(inserted);
    Ok(())
}
