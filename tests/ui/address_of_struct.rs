// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    carry: fn(task: Address<Task>) -> i32, //~ programs would follow a pointer to
}

impl StructOpsType for Ops {}
