// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    //~~ use of undeclared identifier 'BPF_FUNC_no_such_helper'
    #[deny(no_such_helper)]
    decide: fn() -> i32,
}
