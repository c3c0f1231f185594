// SPDX-License-Identifier: GPL-2.0

#[kfunc(sleepable)]
fn kfunc() {} //~ say which programs may call it
