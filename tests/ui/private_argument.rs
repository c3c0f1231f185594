// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn(list: struct_ops::private::ListHead) -> i32, //~ a callback cannot take `ListHead`
}

impl StructOpsType for Ops {}
