// SPDX-License-Identifier: GPL-2.0

//! Has the kernel fail an allocation of the thread that asks for it.

use std::fs::{
    self,
    File, //
};
use std::os::unix::fs::FileExt;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    Context,
    Result, //
};

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
pub struct Injector {
    nth: File,
    _knobs: Vec<Knob>,
}

impl Injector {
    /// For the thread that calls this.
    pub fn new() -> Result<Self> {
        let nth = File::options()
            .read(true)
            .write(true)
            .open("/proc/thread-self/fail-nth")?;
        let knobs = KNOBS.into_iter().map(Knob::set).collect::<Result<_>>()?;
        Ok(Self { nth, _knobs: knobs })
    }

    /// Fails the allocation `n` of `operate`; also tells whether there was one.
    pub fn during<T>(&self, n: u32, operate: impl FnOnce() -> T) -> Result<(T, bool)> {
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
