// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[deny(no_such_helper)] //~ BPF_FUNC_no_such_helper
    decide: fn() -> i32,
}

impl StructOpsType for Ops {}
