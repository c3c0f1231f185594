// SPDX-License-Identifier: GPL-2.0

//! What the registry of the kernel can do: all that differs between kernels is here.
//!
//! The build chooses a level by what the kernel exports, see `rust/struct_ops.mk`.

#[cfg_attr(struct_ops_base, path = "level/base.rs")]
#[cfg_attr(not(struct_ops_base), path = "level/series.rs")]
mod chosen;

pub(crate) use chosen::{
    associated,
    check_program,
    check_programs,
    init,
    register,
    unregister,
    Definition, //
};
