// SPDX-License-Identifier: GPL-2.0

use kernel::types::Opaque;

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    limit: u64,
}

impl StructOpsType for Ops {}

fn make() -> Ops {
    Ops(Opaque::zeroed()) //~ mismatched types
}
