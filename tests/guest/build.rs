// SPDX-License-Identifier: GPL-2.0

//! Compiles the BPF programs that are for tests only.

use std::env;
use std::path::PathBuf;

use anyhow::{
    Context,
    Result, //
};
use libbpf_cargo::SkeletonBuilder;

fn main() {
    if let Err(err) = run() {
        for line in format!("{err:#}").lines() {
            println!("cargo::error={line}");
        }
    }
}

fn run() -> Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").context("not run by cargo")?);

    for name in [
        "both",
        "cost",
        "drain",
        "lease",
        "level",
        "minimal",
        "mistyped",
        "mixed",
        "newer",
        "optional",
        "plain",
        "policy",
        "positive",
        "sleepable",
        "slots",
        "spelling",
        "stress",
        "zoo",
    ] {
        let source = format!("bpf/{name}.bpf.c");
        println!("cargo::rerun-if-changed={source}");
        SkeletonBuilder::new()
            .source(&source)
            .obj(out.join(format!("{name}.o")))
            .clang_args(["-Wall", "-Werror"])
            .build()
            .with_context(|| format!("cannot build {source}"))?;
    }
    Ok(())
}
