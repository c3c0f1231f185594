// SPDX-License-Identifier: GPL-2.0

#[struct_ops(slot = SLOT)] //~ cannot return reference to temporary value
struct Ops {
    decide: fn() -> i32,
}

// A slot that is made anew at each use would forget its tables.
const SLOT: Exclusive<Ops> = Exclusive::new();

impl StructOpsType for Ops {}
