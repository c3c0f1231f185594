// SPDX-License-Identifier: GPL-2.0

//! Fault injection: fails each allocation of an operation in turn, and looks what is left.

use std::fmt::Debug;
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use guest_tests::inject::Injector;
use guest_tests::tally::Tally;
use rustix::io::Errno;

/// More than any operation allocates.
const ENDLESS: u32 = 5000;

/// Memory is freed after grace periods of RCU and RCU-tasks.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `state` is what it was `before`.
fn settle<S: PartialEq + Debug>(state: &impl Fn() -> Result<S>, before: &S) -> Result<()> {
    let start = Instant::now();

    loop {
        let now = state()?;
        if now == *before {
            return Ok(());
        }
        let waited = start.elapsed();
        ensure!(waited < PATIENCE, "it was {before:?}, and is {now:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Fails each allocation of `operate`, which `undo` undoes. Counts as success what was done in spite
/// of the fault: some allocations may fail.
pub fn each_fault<S: PartialEq + Debug, T>(
    what: &str,
    state: impl Fn() -> Result<S>,
    mut operate: impl FnMut() -> Result<T, Errno>,
    mut undo: impl FnMut(T) -> Result<()>,
) -> Result<Tally> {
    let injector = Injector::new()?;
    let before = state()?;
    let mut tally = Tally::default();

    // What is allocated once and for all is not counted.
    undo(operate().with_context(|| format!("{what}, without a fault"))?)?;
    settle(&state, &before)?;
    for n in 1..ENDLESS {
        let after = || format!("{what}, after fault {n}");
        let (result, failed) = injector.during(n, &mut operate)?;

        if failed {
            tally.add(&result);
        } else {
            ensure!(result.is_ok(), "{}: no fault, but an error", after());
        }
        if let Ok(done) = result {
            undo(done).with_context(after)?;
        }
        settle(&state, &before).with_context(after)?;
        if !failed {
            println!("    # {what}, allocations failed: {tally}");
            return Ok(tally);
        }
        undo(operate().with_context(after)?)?;
        settle(&state, &before).with_context(after)?;
    }
    bail!("{what}: no end of allocations")
}

/// The same for an operation that cannot do without memory.
pub fn each_fault_matters<S: PartialEq + Debug, T>(
    what: &str,
    state: impl Fn() -> Result<S>,
    operate: impl FnMut() -> Result<T, Errno>,
    undo: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let tally = each_fault(what, state, operate, undo)?;
    ensure!(tally.refused() > 0, "{what}: no fault was noticed");
    Ok(())
}
