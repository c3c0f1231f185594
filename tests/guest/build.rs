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

fn main() {
    report(Types::of(MODULES).and_then(|types| {
        PROGRAMS
            .iter()
            .try_for_each(|name| types.compile(&format!("bpf/{name}.bpf.c"), false))
    }));
}
