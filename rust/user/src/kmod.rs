// SPDX-License-Identifier: GPL-2.0

//! Inserting and removing kernel modules.

use std::fs::{
    self,
    File, //
};
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
use rustix::io::Errno;

use crate::check;

/// How long [`Module::wait_refcount`] waits.
///
/// The kernel frees a map after a grace period of RCU and of RCU-tasks. On an emulated processor
/// with every sanitizer on, that takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A module's file, and so its name.
#[derive(Clone, Debug)]
pub struct Module {
    name: String,
    path: PathBuf,
}

impl Module {
    /// Names the module in `path`, which does not have to be loaded.
    pub fn new(path: &Path) -> Result<Self> {
        ensure!(path.is_file(), "{}: no such file", path.display());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();

        Ok(Self {
            name: stem.replace('-', "_"),
            path: path.to_owned(),
        })
    }

    /// The name under which the kernel knows the module.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The module's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether a module of this name is loaded.
    pub fn is_loaded(&self) -> bool {
        // Built-in code with parameters has a directory too, but no `refcnt`.
        self.sysfs("refcnt").exists()
    }

    /// Inserts the module; it stays until the returned value is dropped.
    ///
    /// The error has the kernel's [`Errno`] in it when it was the kernel that refused.
    pub fn insert(&self) -> Result<Inserted> {
        let file = File::open(&self.path).with_context(|| self.path.display().to_string())?;

        ensure!(
            !self.is_loaded(),
            "module {} is already loaded: rmmod it first",
            self.name
        );
        match rustix::system::finit_module(&file, c"", 0) {
            Ok(()) => Ok(Inserted(self.clone())),
            Err(errno) => Err(errno).with_context(|| self.explain(errno)),
        }
    }

    /// How many users the module has.
    pub fn refcount(&self) -> Result<u32> {
        let path = self.sysfs("refcnt");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("is module {} loaded? {}", self.name, path.display()))?;
        Ok(text.trim().parse()?)
    }

    /// Waits until the module has `count` users: maps are freed some time after they are closed.
    pub fn wait_refcount(&self, count: u32) -> Result<()> {
        let start = Instant::now();

        loop {
            let now = self.refcount()?;
            if now == count {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!(
                    "module {} is still in use by {now}, not {count}, after {} s",
                    self.name,
                    PATIENCE.as_secs()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Removes the module, or fails with [`Errno::AGAIN`] when it is in use.
    pub fn remove(&self) -> Result<(), Errno> {
        let name = std::ffi::CString::new(self.name.as_str()).map_err(|_| Errno::INVAL)?;
        rustix::system::delete_module(&name, rustix::fs::OFlags::NONBLOCK.bits() as _)
    }

    fn sysfs(&self, attribute: &str) -> PathBuf {
        ["/sys/module", &self.name, attribute].iter().collect()
    }

    /// Says what the kernel's refusal means, as far as the file can tell.
    fn explain(&self, errno: Errno) -> String {
        let name = &self.name;
        let elf = fs::read(&self.path).unwrap_or_default();

        if !elf.starts_with(b"\x7fELF") {
            format!("{} is not a kernel module", self.path.display())
        } else if errno == Errno::NOEXEC {
            format!("module {name} was built for another kernel: build it against this one")
        } else if !check::has_btf_section(&elf) {
            format!("module {name} has no BTF: build it with pahole installed and do not strip it")
        } else {
            format!("the kernel refused module {name} (its log says why)")
        }
    }
}

/// A module that was inserted, and is removed again when this is dropped.
#[derive(Debug)]
pub struct Inserted(Module);

impl std::ops::Deref for Inserted {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.0
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        // Nothing to report to: whoever wants the outcome calls `remove` before.
        if self.is_loaded() && self.wait_refcount(0).is_ok() {
            let _ = self.remove();
        }
    }
}
