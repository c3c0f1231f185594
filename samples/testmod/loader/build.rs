// SPDX-License-Identifier: GPL-2.0

//! Compiles the BPF programs against the types of the kernel and of the module.

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

const SOURCE: &str = "../bpf/testmod.bpf.c";
const TYPES: &str = "../bpf/types.bpf.c";

fn main() {
    if let Err(err) = run() {
        for line in format!("{err:#}").lines() {
            println!("cargo::error={line}");
        }
    }
}

fn run() -> Result<()> {
    let vmlinux = input(
        "KDIR",
        "the build tree of the kernel, with a `vmlinux` in it",
    )?;
    let vmlinux = vmlinux.join("vmlinux");
    let module = input("TESTMOD", "a built bpf_testmod.ko")?;
    let out = PathBuf::from(env::var_os("OUT_DIR").context("not run by cargo")?);

    for file in [&vmlinux, &module] {
        ensure!(
            file.is_file(),
            "{} is missing: build it first",
            file.display()
        );
        println!("cargo::rerun-if-changed={}", file.display());
    }
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed={TYPES}");

    fs::write(out.join("vmlinux.h"), types(&vmlinux, &module)?)?;

    // vmlinux.h of Linux 7.3 has unnamed members of a named type. Without the
    // extension clang drops them with a warning and every later offset is wrong.
    let mut args = vec![
        "-Wall",
        "-Werror",
        "-Wno-microsoft-anon-tag",
        "-fms-extensions",
    ];
    let include = format!("-I{}", out.display());
    args.push(&include);
    SkeletonBuilder::new()
        .source(SOURCE)
        .obj(out.join("testmod.o"))
        .clang_args(&args)
        .build_and_generate(out.join("testmod.skel.rs"))
        .context("cannot build the BPF programs")?;
    SkeletonBuilder::new()
        .source(TYPES)
        .obj(out.join("types.o"))
        .clang_args(&args)
        .build()
        .context("cannot build the BPF program of the iterator")
}

/// Returns the path in the environment variable `name`.
fn input(name: &str, what: &str) -> Result<PathBuf> {
    println!("cargo::rerun-if-env-changed={name}");
    match env::var_os(name) {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => bail!("set {name} to {what}"),
    }
}

/// Returns the C view of all types of the kernel and of the module.
fn types(vmlinux: &Path, module: &Path) -> Result<Vec<u8>> {
    let dump = Command::new("bpftool")
        .args(["btf", "dump", "-B"])
        .arg(vmlinux)
        .arg("file")
        .arg(module)
        .args(["format", "c"])
        .output()
        .context("cannot run bpftool: install it")?;

    ensure!(
        dump.status.success() && !dump.stdout.is_empty(),
        "{} has no usable BTF (was it built with another {}?): {}",
        module.display(),
        vmlinux.display(),
        String::from_utf8_lossy(&dump.stderr)
            .lines()
            .last()
            .unwrap_or_default()
    );
    Ok(dump.stdout)
}
