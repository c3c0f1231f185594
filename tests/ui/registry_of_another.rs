// SPDX-License-Identifier: GPL-2.0

#[struct_ops(kernel = "net/smc.h", registry = struct_ops::TcpCongestion)] //~~ this registry is for another struct
pub struct SmcHsCtrl {
    list: struct_ops::private::ListHead,
    owner: ModulePtr,
    name: Name<16>,
    flags: i32,
    #[unsupported]
    syn_option: fn(),
    #[unsupported]
    synack_option: fn(),
}

impl StructOpsType for SmcHsCtrl {}
