// SPDX-License-Identifier: GPL-2.0

//! What the build scripts of the loaders share: BPF programs are compiled against the types of the
//! kernel and of the module, both taken from their BTF.

use std::env;
use std::fs;
use std::path::{
    Path,
    PathBuf, //
};
use std::process::Command;

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_cargo::SkeletonBuilder;
use struct_ops_user::header::of_module;

// vmlinux.h of Linux 7.3 has unnamed members of a named type. Without the extension clang drops
// them with a warning and every later offset is wrong.
const CLANG_ARGS: [&str; 4] = [
    "-Wall",
    "-Werror",
    "-Wno-microsoft-anon-tag",
    "-fms-extensions",
];

/// Where the output goes, with the types of modules in it and, if a program wants them, of the kernel.
pub struct Types {
    out: PathBuf,
    vmlinux: PathBuf,
    testmod: PathBuf,
}

impl Types {
    /// Writes a header for each of these modules, which stand beside bpf_testmod.ko.
    pub fn of(modules: &[&str]) -> Result<Self> {
        let kdir = input(
            "KDIR",
            "the build tree of the kernel, with a `vmlinux` in it",
        )?;
        let this = Self {
            out: PathBuf::from(env::var_os("OUT_DIR").context("not run by cargo")?),
            vmlinux: kdir.join("vmlinux"),
            testmod: input("TESTMOD", "a built bpf_testmod.ko")?,
        };
        built(&this.vmlinux)?;
        for name in modules {
            this.add(name)?;
        }
        Ok(this)
    }

    fn module(&self, name: &str) -> PathBuf {
        self.testmod.with_file_name(format!("{name}.ko"))
    }

    fn add(&self, name: &str) -> Result<()> {
        let module = self.module(name);
        built(&module)?;
        let header = of_module(&module, &self.vmlinux)?;
        Ok(fs::write(self.out.join(format!("{name}.h")), header)?)
    }

    /// Compiles programs for the types of a module. Without the module, which not each kernel can have, they
    /// become empty files.
    #[allow(dead_code, reason = "not all who share this file have one")]
    pub fn compile_for(&self, module: &str, sources: &[&str]) -> Result<()> {
        if self.module(module).exists() {
            self.add(module)?;
            return sources
                .iter()
                .try_for_each(|source| self.compile(source, false));
        }
        // Cargo looks again if it is there later.
        println!("cargo::rerun-if-changed={}", self.module(module).display());
        for source in sources {
            fs::write(self.object(source), [])?;
        }
        Ok(())
    }

    /// Where `NAME.bpf.c` is compiled to.
    fn object(&self, source: &str) -> PathBuf {
        let name = Path::new(source).file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        self.out
            .join(name.trim_end_matches(".bpf.c"))
            .with_extension("o")
    }

    /// The types of the kernel, in C.
    fn kernel(&self) -> Result<Vec<u8>> {
        let dump = Command::new("bpftool")
            .args(["btf", "dump", "file"])
            .arg(&self.vmlinux)
            .args(["format", "c"])
            .output()
            .context("cannot run bpftool: install it")?;
        ensure!(
            dump.status.success() && !dump.stdout.is_empty(),
            "{} has no usable BTF: {}",
            self.vmlinux.display(),
            String::from_utf8_lossy(&dump.stderr)
                .lines()
                .last()
                .unwrap_or_default()
        );
        Ok(dump.stdout)
    }

    /// Compiles `source` to NAME.o, and with `skeleton` makes NAME.skel.rs of it.
    pub fn compile(&self, source: &str, skeleton: bool) -> Result<()> {
        println!("cargo::rerun-if-changed={source}");
        let text = fs::read_to_string(source).with_context(|| source.to_owned())?;
        if text.contains("#include \"vmlinux.h\"") {
            fs::write(self.out.join("vmlinux.h"), self.kernel()?)?;
        }
        let object = self.object(source);
        let mut builder = builder(source.as_ref(), &object, &self.out, &[]);
        match skeleton {
            true => builder.build_and_generate(object.with_extension("skel.rs")),
            false => builder.build(),
        }
        .with_context(|| format!("cannot build {source}"))
    }

    /// Compiles programs of the kernel's own tests to NAME.o, for the type of `module`, if the source of this
    /// kernel is there. To them, `vmlinux.h` has what the module has, too.
    #[allow(dead_code, reason = "not all who share this file have one")]
    pub fn compile_in_tree(&self, tests: &str, names: &[&str], module: &str) -> Result<()> {
        let path = format!("source/tools/testing/selftests/{tests}");
        let sources = self.vmlinux.with_file_name(path);
        if !sources.exists() || !self.module(module).exists() {
            return Ok(());
        }
        let dir = self.out.join("in_tree");
        fs::create_dir_all(&dir)?;
        let mut types = self.kernel()?;
        types.extend(fs::read(self.out.join(format!("{module}.h")))?);
        fs::write(dir.join("vmlinux.h"), types)?;
        for name in names {
            let source = sources.join(format!("{name}.bpf.c"));
            // They declare kfuncs themselves, as `bpftool` would without this.
            let own = ["-DBPF_NO_KFUNC_PROTOTYPES"];
            builder(&source, &self.object(name), &dir, &own)
                .build()
                .with_context(|| format!("cannot build {}", source.display()))?;
        }
        Ok(())
    }
}

/// How a program is compiled, with the headers in `include` and `more` arguments.
fn builder(source: &Path, object: &Path, include: &Path, more: &[&str]) -> SkeletonBuilder {
    let include = format!("-I{}", include.display());
    let mut builder = SkeletonBuilder::new();
    let args = CLANG_ARGS.iter().chain(more).copied();
    builder
        .source(source)
        .obj(object)
        .clang_args(args.chain([include.as_str()]));
    builder
}

/// Has cargo print an error in lines of its own.
pub fn report(result: Result<()>) {
    if let Err(err) = result {
        for line in format!("{err:#}").lines() {
            println!("cargo::error={line}");
        }
    }
}

/// Has cargo look at `file`, which has to be there.
fn built(file: &Path) -> Result<()> {
    ensure!(
        file.is_file(),
        "{} is missing: build it first",
        file.display()
    );
    println!("cargo::rerun-if-changed={}", file.display());
    Ok(())
}

/// Returns the path in the environment variable `name`.
fn input(name: &str, what: &str) -> Result<PathBuf> {
    println!("cargo::rerun-if-env-changed={name}");
    match env::var_os(name) {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => bail!("set {name} to {what}"),
    }
}
