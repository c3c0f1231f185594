// SPDX-License-Identifier: GPL-2.0

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn __bpf_obj_drop(_program: &Caller) -> u64 { //~ the verifier would check it as __bpf_obj_drop_impl
    0
}
