// SPDX-License-Identifier: GPL-2.0

#[allow(non_camel_case_types)]
type u32 = bool;

#[struct_ops]
struct Ops {
    allowed: fn() -> u32, //~ has the name of a number, and is a `bool`
}

impl StructOpsType for Ops {}
