// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    //~~ C has no empty arrays
    name: [u8; 0],
}

impl StructOpsType for Ops {}
