// SPDX-License-Identifier: GPL-2.0

//! Compiles the BPF programs of this loader.

#[path = "../../bpf_build.rs"]
mod bpf_build;

use bpf_build::Types;

fn main() {
    bpf_build::report(Types::of(&[]).and_then(|types| types.compile("../bpf/tcp_ca.bpf.c", false)));
}
