// SPDX-License-Identifier: GPL-2.0

#[struct_ops] //~~ redefinition of 'bpf_verifier_ops'
struct BpfVerifierOps {
    decide: fn() -> i32,
}
