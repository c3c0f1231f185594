// SPDX-License-Identifier: GPL-2.0

#[struct_ops(kernel = "net/smc.h")]
pub struct SmcHsCtrl {
    list: struct_ops::private::ListHead,
    owner: ModulePtr,
    name: Name<16>,
    flags: u32, //~ C and Rust disagree about the type of flags
    #[unsupported]
    syn_option: fn(),
    #[unsupported]
    synack_option: fn(),
}

impl StructOpsType for SmcHsCtrl {}
