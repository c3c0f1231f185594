// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    name: [u8; 0], //~ C has no empty arrays
}
