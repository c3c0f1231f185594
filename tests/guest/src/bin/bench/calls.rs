// SPDX-License-Identifier: GPL-2.0

//! What a call through a slot costs, on one CPU and on several at once.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use anyhow::Result;
use rustix::thread::{
    sched_setaffinity,
    CpuSet, //
};

use crate::{
    attach,
    command,
    least,
    median,
    print,
    MODULES,
    ROUNDS, //
};

/// Of the modules: calls for each command.
const CALLS: f64 = 10_000.;

/// The rows with one table, each with what has no lock and no test around it.
const ONE: [(&str, &str); 5] = [
    ("zero", "bare zero"),
    ("two", "bare two"),
    ("five", "bare five"),
    ("srcu", "bare call"),
    ("counted", "bare call"),
];
/// Those with several.
const SEVERAL: [&str; 2] = ["many", "order"];

/// The instructions for each call, which is made through all tables that are attached.
fn instructions(of: &str, row: &str) -> Result<f64> {
    least(|| {
        let start = Instant::now();
        command(of, row)?;
        Ok(start.elapsed().as_nanos() as f64 / CALLS)
    })
}

fn row(title: &str, row: &str) -> Result<()> {
    for of in MODULES {
        print(title, of, instructions(of, row)?);
    }
    Ok(())
}

/// Prints the rows, under titles that begin with `call`.
pub fn rows(call: &str) -> Result<()> {
    row(&format!("{call}, none attached"), "two")?;
    let mut attached = vec![attach(&["rcu", "srcu", "counted"])?];
    for (name, bare) in ONE {
        let title = format!("{call}, {name}");
        row(&title, name)?;
        print(&title, "bare", instructions("c", bare)?);
    }
    let bare = instructions("c", "bare call")?;
    for tables in [1, 4, 16] {
        while attached.len() <= tables {
            attached.push(attach(&SEVERAL)?);
        }
        for name in SEVERAL {
            let title = format!("{call}, {name}, {tables} tables");
            row(&title, name)?;
            print(&title, "bare", bare * tables as f64);
        }
    }
    Ok(())
}

/// The instructions of all CPUs for each call, when `cpus` of them make calls at once. Some rounds meet an
/// interrupt of the timer more than others.
fn on_cpus(of: &str, row: &str, cpus: usize) -> Result<f64> {
    let barrier = Barrier::new(cpus);
    let work = |cpu| {
        let barrier = &barrier;
        move || {
            let stays = stay_on(cpu);
            // Who met an error goes on, or the others would wait for it.
            let rounds: Vec<_> = (0..5 * ROUNDS)
                .map(|_| {
                    barrier.wait();
                    let start = Instant::now();
                    command(of, row).map(|()| (start, Instant::now()))
                })
                .collect();
            stays.and_then(|()| rounds.into_iter().collect::<Result<Vec<_>>>())
        }
    };
    let times = thread::scope(|scope| {
        let threads: Vec<_> = (0..cpus).map(|cpu| scope.spawn(work(cpu))).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().unwrap();
        threads.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?;
    let mut rounds: Vec<_> = (0..5 * ROUNDS as usize)
        .map(|round| {
            let first = times.iter().map(|times| times[round].0).min();
            let last = times.iter().map(|times| times[round].1).max();
            let all = first
                .zip(last)
                .map_or(0, |(first, last)| last.duration_since(first).as_nanos());
            all as f64 / CALLS / cpus as f64
        })
        .collect();
    Ok(median(&mut rounds))
}

pub fn rows_on_cpus() -> Result<()> {
    let _attached = attach(&["rcu", "srcu", "counted"])?;
    for name in ["two", "srcu", "counted"] {
        for cpus in [1, 2, 4, 8] {
            for of in MODULES {
                let title = format!("call, {name}, {cpus} CPUs");
                print(&title, of, on_cpus(of, name, cpus)?);
            }
        }
    }
    Ok(())
}

/// Runs on this CPU only from now on.
fn stay_on(cpu: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(cpu);
    Ok(sched_setaffinity(None, &only)?)
}

/// `shared_stores`, a plugin of QEMU, counts stores between these two: see `tests/bench/src/lib.rs`.
fn mark<const NUMBER: i32>() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: It does nothing.
    unsafe {
        std::arch::asm!("nop dword ptr [rax + {}]", const NUMBER)
    };
}

/// Makes calls of a row on two CPUs at once, while the plugin counts.
pub fn on_two_cpus(row: &str) -> Result<()> {
    let _attached = attach(&["rcu", "srcu", "counted", "many", "order"])?;
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let work = |cpu| {
            let barrier = &barrier;
            move || {
                stay_on(cpu)?;
                // Once, so that all of it is translated.
                command("rust", row)?;
                barrier.wait();
                mark::<0x51a27>();
                for _ in 0..ROUNDS {
                    command("rust", row)?;
                }
                barrier.wait();
                mark::<0x51a28>();
                Ok(())
            }
        };
        let threads = [0, 1].map(|cpu| scope.spawn(work(cpu)));
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap())
    })
}
