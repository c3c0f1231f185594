// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    change: fn(task: &mut Task), //~ a callback cannot take `&'static mut kernel::task::Task`
}

impl StructOpsType for Ops {}
