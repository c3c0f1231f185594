// SPDX-License-Identifier: GPL-2.0

//! Compiles the BPF programs that are for tests only.

#[path = "../../samples/bpf_build.rs"]
mod bpf_build;

use bpf_build::{
    report,
    Types, //
};

const MODULES: &[&str] = &[
    "binfmt", "drain", "lease", "minimal", "policy", "quota", "slots", "spelling", "stress", "zoo",
];
const PROGRAMS: &[&str] = &[
    "bench",
    "binfmt_wrong",
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

/// Programs of the kernel's own tests for `binfmt_misc_ops`.
const IN_TREE: &[&str] = &["bpf_interp", "interp_bind", "loader", "transparent"];

fn main() {
    report(Types::of(MODULES).and_then(|types| {
        for name in PROGRAMS {
            types.compile(&format!("bpf/{name}.bpf.c"), false)?;
        }
        types.compile("../../samples/binfmt/bpf/binfmt.bpf.c", false)?;
        IN_TREE
            .iter()
            .try_for_each(|name| types.compile_in_tree("exec", name, "binfmt"))
    }));
}
