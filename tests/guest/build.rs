// SPDX-License-Identifier: GPL-2.0

//! Compiles the BPF programs that are for tests only.

#[path = "../../samples/bpf_build.rs"]
mod bpf_build;

use bpf_build::{
    report,
    Types, //
};

const MODULES: &[&str] = &[
    "drain", "lease", "minimal", "policy", "quota", "slots", "spelling", "stress", "zoo",
];
const PROGRAMS: &[&str] = &[
    "bench",
    "both",
    "drain",
    "io_uring",
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
];

/// For binfmt.ko, which a kernel with such a type of its own cannot have.
const FORMATS: &[&str] = &[
    "bpf/binfmt_wrong.bpf.c",
    "../../samples/binfmt/bpf/binfmt.bpf.c",
];
/// Programs of the kernel's own tests for `binfmt_misc_ops`.
const IN_TREE: &[&str] = &["bpf_interp", "interp_bind", "loader", "transparent"];

fn main() {
    report(Types::of(MODULES).and_then(|types| {
        for name in PROGRAMS {
            types.compile(&format!("bpf/{name}.bpf.c"), false)?;
        }
        types.compile_for("binfmt", FORMATS)?;
        types.compile_in_tree("exec", IN_TREE, "binfmt")
    }));
}
