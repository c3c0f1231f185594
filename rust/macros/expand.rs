// SPDX-License-Identifier: GPL-2.0

//! What becomes of it: Rust items, and constants of C text.

pub(crate) mod c_enum;
pub(crate) mod c_struct;
pub(crate) mod c_union;
mod callback;
pub(crate) mod kernel_struct;
pub(crate) mod kfunc;
mod record;
pub(crate) mod table;
mod template;
