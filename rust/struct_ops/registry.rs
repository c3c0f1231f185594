// SPDX-License-Identifier: GPL-2.0

//! What the kernel's registry of struct_ops types gets, and the functions that it calls.

mod attachment;
mod callbacks;
mod kfuncs;
mod level;
mod registration;
mod struct_ops_type;

pub use attachment::Attachment;
pub use kfuncs::{
    register_kfuncs,
    Caller, //
};
pub use registration::{
    Descriptor,
    Register,
    Registration, //
};
pub use struct_ops_type::{
    Prog,
    StructOpsType, //
};
