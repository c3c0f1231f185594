// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn run_ksoftirqd() -> u64 { //~ the kernel has a symbol run_ksoftirqd
    0
}
