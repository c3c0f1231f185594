// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
fn users(_mm: &kernel::mm::Mm) {} //~ programs could pass other memory
