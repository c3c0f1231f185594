// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
fn kfunc(_task: &Shared<Task>) {} //~ cannot be shared with programs
