// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn ui_ask(_program: &Caller) -> u64 { //~ the verifier would check it as ui_ask_impl
    0
}

#[kfunc(struct_ops)]
fn ui_ask_impl(number: u64) -> u64 {
    number
}
