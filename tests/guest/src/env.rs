// SPDX-License-Identifier: GPL-2.0

//! What the tests have in common.

use std::fmt::Debug;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};
use std::process;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use rustix::io::Errno;
use struct_ops_user::check;
use struct_ops_user::kmod::{
    Inserted,
    Module, //
};

use crate::ktap::Skip;

/// The modules that tests insert.
pub const TESTMOD: &str = "bpf_testmod";
pub const TWICE: &str = "twice";
pub const NAMESAKE: &str = "namesake";
pub const MINIMAL: &str = "minimal";
pub const DRAIN: &str = "drain";
pub const SLOTS: &str = "slots";
pub const QUOTA: &str = "quota";
pub const POLICY: &str = "policy";
pub const STRESS: &str = "stress";
pub const LEASE: &str = "lease";
pub const SPELLING: &str = "spelling";
pub const ZOO: &str = "zoo";
pub const TCP_CA: &str = "tcp_ca";
pub const BINFMT: &str = "binfmt";
const MODULES: [&str; 14] = [
    TESTMOD, TWICE, NAMESAKE, MINIMAL, DRAIN, SLOTS, QUOTA, POLICY, STRESS, LEASE, SPELLING, ZOO,
    TCP_CA, BINFMT,
];

/// The programs that tests run.
const COMMAND: &str = "struct-ops";
const DEMO: &str = "testmod-demo";

/// Where things are. The directories are removed at the end.
pub struct Env {
    modules: PathBuf,
    scratch: PathBuf,
    pins: PathBuf,
}

impl Env {
    /// Fails when no test can be run here.
    pub fn new(modules: &Path) -> Result<Self> {
        check::environment()?;
        for name in MODULES {
            ensure!(!loaded(name), "module {name} is loaded: rmmod it first");
        }

        let this = std::env::current_exe()?;
        let id = process::id();
        let scratch = std::env::temp_dir().join(format!("guest-tests.{id}"));
        let env = Self {
            modules: modules.to_owned(),
            scratch,
            pins: format!("/sys/fs/bpf/guest-tests-{id}").into(),
        };
        fs::create_dir(&env.scratch).context("cannot write to the temporary directory")?;
        fs::create_dir(&env.pins).context("/sys/fs/bpf is no bpffs: mount it")?;
        // Other users may not be able to reach the place where it was built.
        for name in [COMMAND, DEMO] {
            let built = this.with_file_name(name);
            fs::copy(&built, env.scratch.join(name))
                .with_context(|| built.display().to_string())?;
        }
        Ok(env)
    }

    /// Names the module `name`, or skips the test when it was not built.
    pub fn module(&self, name: &str) -> Result<Module> {
        let path = self.modules.join(format!("{name}.ko"));
        if !path.is_file() {
            bail!(Skip(format!("{} is missing", path.display())));
        }
        Module::new(&path)
    }

    /// Inserts bpf_testmod.ko.
    pub fn testmod(&self) -> Result<Inserted> {
        self.module(TESTMOD)?.insert()
    }

    /// The command `struct-ops`.
    pub fn command(&self) -> PathBuf {
        self.scratch.join(COMMAND)
    }

    /// The demo.
    pub fn demo(&self) -> PathBuf {
        self.scratch.join(DEMO)
    }

    /// Writes a file for a test and returns where it is.
    pub fn file(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let path = self.scratch.join(name);
        fs::write(&path, content).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// A directory in a bpffs.
    pub fn pins(&self) -> &Path {
        &self.pins
    }

    /// Fails if a test has left a module or a pinned object behind.
    pub fn leftovers(&self) -> Result<()> {
        for name in MODULES {
            ensure!(!loaded(name), "it leaves module {name} behind");
        }
        if let Some(pin) = fs::read_dir(&self.pins)?.next() {
            bail!("it leaves {} behind", pin?.path().display());
        }
        Ok(())
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.scratch);
        let _ = fs::remove_dir(&self.pins);
    }
}

fn loaded(name: &str) -> bool {
    Path::new("/sys/module").join(name).join("refcnt").exists()
}

/// Was the module built for a kernel without the series of `patches/`?
pub fn lacks_series(module: &Path) -> Result<bool> {
    let file = fs::read(module).with_context(|| module.display().to_string())?;
    Ok(file.windows(16).any(|each| each == b"struct_ops=base\0"))
}

/// Fails unless `is` is what it `should` be.
pub fn expect<T: PartialEq + Debug>(what: &str, is: T, should: T) -> Result<()> {
    ensure!(is == should, "{what}: expected {should:?}, got {is:?}");
    Ok(())
}

/// Fails unless `result` is the error `errno`.
pub fn expect_errno<T>(what: &str, result: Result<T>, errno: Errno) -> Result<()> {
    let Err(err) = result else {
        bail!("{what}: expected {errno}, got success");
    };
    // libbpf-rs keeps the number to itself, but prints it as the standard library does.
    let number = format!("(os error {})", errno.raw_os_error());
    let text = format!("{err:#}");

    ensure!(
        text.contains(&number),
        "{what}: expected {errno}, got: {text}"
    );
    Ok(())
}
