// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[clamp(EPROTO)]
    count: fn() -> u64, //~ only a callback that returns `i32` can be clamped
}

impl StructOpsType for Ops {}
