// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    switch: fn(on: bool), //~= where `switch` is a keyword
}

impl StructOpsType for Ops {}
