// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    change: fn(task: &mut Task), //~ a program shares what it is given
}
