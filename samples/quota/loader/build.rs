// SPDX-License-Identifier: GPL-2.0

//! Compiles the BPF programs of this loader.

#[path = "../../bpf_build.rs"]
mod bpf_build;

use bpf_build::Types;

fn main() {
    bpf_build::report(
        Types::of(&["quota"]).and_then(|types| types.compile("../bpf/quota.bpf.c", true)),
    );
}
