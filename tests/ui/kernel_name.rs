// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
#[rustfmt::skip]
struct BpfVerifierOps { //~ redefinition of
    decide: fn() -> i32,
}

impl StructOpsType for BpfVerifierOps {}
