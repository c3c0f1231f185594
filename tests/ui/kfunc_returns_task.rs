// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc() -> Option<ARef<Task>> { //~ programs count `kernel::task::Task` in another way than `ARef` does
    None
}
