// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    charge: fn(u64) -> i32, //~= name the argument: programs see its name
}

impl StructOpsType for Ops {}
