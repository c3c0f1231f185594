// SPDX-License-Identifier: GPL-2.0
// Members of C have names.

#[struct_ops]
struct Ops(u32); //~= a struct_ops type is a struct with named members, at least one

impl StructOpsType for Ops {}
