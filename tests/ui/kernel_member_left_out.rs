// SPDX-License-Identifier: GPL-2.0

#[struct_ops(kernel = "net/smc.h")]
#[rustfmt::skip]
pub struct SmcHsCtrl { //~ has members that Rust has not
    list: struct_ops::private::ListHead,
    owner: ModulePtr,
    name: Name<16>,
    flags: i32,
}

impl StructOpsType for SmcHsCtrl {}
