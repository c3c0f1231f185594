// SPDX-License-Identifier: GPL-2.0

//! Compiles the program of the list of types. It needs no kernel to be compiled against.

use std::env;
use std::path::PathBuf;

use anyhow::{
    Context,
    Result, //
};
use libbpf_cargo::SkeletonBuilder;

fn main() -> Result<()> {
    let source = "bpf/types.bpf.c";
    println!("cargo::rerun-if-changed={source}");
    let out = PathBuf::from(env::var_os("OUT_DIR").context("not run by cargo")?);
    SkeletonBuilder::new()
        .source(source)
        .obj(out.join("types.o"))
        .clang_args(["-Wall", "-Werror"])
        .build()
        .with_context(|| format!("cannot build {source}"))
}
