// SPDX-License-Identifier: GPL-2.0

//! What single calls of `bpf(2)` cost for a type, when there are many maps of it.

use std::os::fd::{
    AsFd,
    OwnedFd, //
};
use std::time::Duration;
use std::{
    fs,
    io,
    thread, //
};

use anyhow::Result;
use guest_tests::stress::{
    self,
    Kind, //
};
use libbpf_rs::Object;
use rustix::io::Errno;
use struct_ops_user::kmod::{
    Inserted,
    Module, //
};

use crate::{
    attach,
    median,
    print,
    timed,
    Memory,
    ROUNDS, //
};

/// What is measured, in the order in which it is done.
const STEPS: [&str; 7] = [
    "create map",
    "update map",
    "create link",
    "update link",
    "detach link",
    "free map",
    "load program",
];

/// In this time, a map is freed.
const FREE: Duration = Duration::from_millis(500);
/// A part of the time between two interrupts of the timer.
const ELSEWHERE: Duration = Duration::from_micros(137);

/// A type, and a program for it.
pub struct Control {
    pub kind: Kind,
    btf: OwnedFd,
    program: OwnedFd,
}

impl Control {
    pub fn new(kind: Kind, btf: &OwnedFd) -> Result<Self> {
        Ok(Self {
            program: kind.load(btf.as_fd())?,
            btf: btf.try_clone()?,
            kind,
        })
    }

    pub fn map(&self) -> Result<OwnedFd, Errno> {
        let map = self.kind.create(self.btf.as_fd())?;
        self.kind.update(map.as_fd(), self.program.as_fd())?;
        Ok(map)
    }

    /// Prints the rows, which are told from others by `when`.
    pub fn rows(&self, of: &str, when: &str) -> Result<()> {
        let mut taken = [const { vec![] }; STEPS.len()];
        // They stay, or the allocator would be in the same state in each round, be it a rare one.
        let mut links = vec![];
        for round in 0..2 * ROUNDS {
            let [create, update, attach, replace, detach, free, load] = &mut taken;
            // Its id is next to that of the map: the kernel's tree of ids has a node for both.
            let other = self.map()?;
            let map = timed(create, || self.kind.create(self.btf.as_fd()))?;
            timed(update, || {
                self.kind.update(map.as_fd(), self.program.as_fd())
            })?;
            let link = timed(attach, || stress::link(map.as_fd()))?;
            timed(replace, || {
                stress::update_link(link.as_fd(), other.as_fd(), None)
            })?;
            timed(detach, || stress::detach(link.as_fd()))?;
            links.push(link);
            let before = workers()?;
            drop(map);
            // A worker frees it, and waits in between for readers. The timer's interrupts meet it elsewhere
            // each time.
            thread::sleep(FREE + round * ELSEWHERE);
            free.push(workers()? - before);
            timed(load, || self.kind.load(self.btf.as_fd()))?;
            drop(other);
            thread::sleep(FREE);
        }
        for (what, numbers) in STEPS.iter().zip(&mut taken) {
            print(&format!("{what}, {when}"), of, median(numbers));
        }
        Ok(())
    }
}

/// What the kernel's workers have done for anybody so far, in instructions.
fn workers() -> Result<f64> {
    let mut sum = 0.;
    for process in fs::read_dir("/proc")? {
        let process = process?;
        // Those of any CPU, as `bpf_map_put()` takes: `kworker/u`.
        let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|pid| pid.parse().ok())
        else {
            continue;
        };
        if name.starts_with("kworker/u") {
            sum += processor_time(pid)?;
        }
    }
    Ok(sum)
}

/// How long a process has run, in nanoseconds.
fn processor_time(pid: libc::pid_t) -> Result<f64> {
    let mut clock = 0;
    // SAFETY: `clock` is valid.
    match unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) } {
        // It is gone.
        libc::ESRCH => return Ok(0.),
        0 => {}
        error => return Err(io::Error::from_raw_os_error(error).into()),
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error().into());
    }
    Ok(time.tv_sec as f64 * 1e9 + time.tv_nsec as f64)
}

/// Of each module, the type that takes several maps, and what holds the modules meanwhile.
pub fn several(
    inserted: &[(Inserted, OwnedFd); 2],
) -> Result<(Object, [(&'static str, Control); 2])> {
    let (object, _) = attach(&[])?;
    let [(_, c), (_, rust)] = inserted;
    let of_c = Kind::of(&object, "bench_c_many_ops", "c_many", "c_many_call", 0)?;
    let of_rust = Kind::of(
        &object,
        "bench_rust_many_ops",
        "rust_many",
        "rust_many_call",
        0,
    )?;
    let controls = [
        ("c", Control::new(of_c, c)?),
        ("rust", Control::new(of_rust, rust)?),
    ];
    Ok((object, controls))
}

/// Waits until all maps but `left` users are gone.
fn settle(module: &Module, left: u32) -> Result<()> {
    // To free them would be part of what is measured next, and where they were, the next would fit.
    module.wait_refcount(left)?;
    // Without the series the module is given back before they are free.
    thread::sleep(Duration::from_secs(2));
    Ok(())
}

pub fn rows(inserted: &[(Inserted, OwnedFd); 2]) -> Result<()> {
    let (_object, controls) = several(inserted)?;
    for live in [1, 10, 100, 1000, 10_000] {
        for ((of, control), (module, _)) in controls.iter().zip(inserted) {
            let users = module.refcount()?;
            let before = Memory::now()?;
            let maps: Vec<_> = (0..live).map(|_| control.map()).collect::<Result<_, _>>()?;
            if live == 10_000 {
                before.print_since("bytes of a map", of, live)?;
            }
            control.rows(of, &format!("{live} maps"))?;
            drop(maps);
            settle(module, users)?;
        }
    }
    Ok(())
}
