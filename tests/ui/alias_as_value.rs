// SPDX-License-Identifier: GPL-2.0

type Alias = Task;

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    task: Alias, //~ a table cannot hold `kernel::task::Task`
}

impl StructOpsType for Ops {}
