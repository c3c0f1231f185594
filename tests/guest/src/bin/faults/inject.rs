// SPDX-License-Identifier: GPL-2.0

//! Fault injection: fails each allocation of an operation in turn, and looks what is left.

use std::fmt::Debug;
use std::fs::{
    self,
    File, //
};
use std::os::unix::fs::FileExt;
use std::path::{
    Path,
    PathBuf, //
};
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
use guest_tests::tally::Tally;
use rustix::io::Errno;

const DEBUGFS: &str = "/sys/kernel/debug";

/// Allocations that may wait are failed as well, single pages too, and nothing is logged about it.
const KNOBS: [(&str, &str); 6] = [
    ("failslab/ignore-gfp-wait", "N"),
    ("failslab/verbose", "0"),
    ("fail_page_alloc/ignore-gfp-wait", "N"),
    ("fail_page_alloc/ignore-gfp-highmem", "N"),
    ("fail_page_alloc/min-order", "0"),
    ("fail_page_alloc/verbose", "0"),
];

/// `fail-nth` alone is not enough: the kernel may be able to fail other things only.
pub fn supported() -> bool {
    fs::exists("/proc/thread-self/fail-nth").unwrap_or(false)
        && KNOBS
            .iter()
            .all(|(name, _)| Path::new(DEBUGFS).join(name).exists())
}

/// More than any operation allocates.
const ENDLESS: u32 = 5000;

/// Memory is freed after grace periods of RCU and RCU-tasks.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file of debugfs that has another content until this is dropped.
struct Knob {
    path: PathBuf,
    before: Vec<u8>,
}

impl Knob {
    fn set((name, value): (&str, &str)) -> Result<Self> {
        let path = Path::new(DEBUGFS).join(name);
        let before = fs::read(&path).with_context(|| path.display().to_string())?;
        fs::write(&path, value).with_context(|| path.display().to_string())?;
        Ok(Self { path, before })
    }
}

impl Drop for Knob {
    fn drop(&mut self) {
        let _ = fs::write(&self.path, &self.before);
    }
}

/// Has the kernel fail allocations of this thread.
struct Injector {
    nth: File,
    _knobs: Vec<Knob>,
}

impl Injector {
    fn new() -> Result<Self> {
        let nth = File::options()
            .read(true)
            .write(true)
            .open("/proc/thread-self/fail-nth")?;
        let knobs = KNOBS.into_iter().map(Knob::set).collect::<Result<_>>()?;
        Ok(Self { nth, _knobs: knobs })
    }

    /// Fails the allocation `n` of `operate`; also tells whether there was one.
    fn during<T>(&self, n: u32, operate: impl FnOnce() -> T) -> Result<(T, bool)> {
        let n = n.to_string();
        let mut left = [0; 16];

        // Nothing here but `operate` may allocate.
        let set = self.nth.write_at(n.as_bytes(), 0);
        let result = operate();
        let len = self.nth.read_at(&mut left, 0);
        let unset = self.nth.write_at(b"0", 0);

        set.and(unset).context("cannot set fail-nth")?;
        let failed = left[..len?].trim_ascii() == b"0";
        Ok((result, failed))
    }
}

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
