// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    keep: fn(file: Const<ARef<kernel::fs::File>>) -> i32, //~ a callback cannot take `struct_ops::Const<
}

impl StructOpsType for Ops {}
