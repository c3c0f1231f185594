// SPDX-License-Identifier: GPL-2.0

//! What an author has written: only what stands in the item, and no type is looked at.

pub(crate) mod attributes;
pub(crate) mod c_enum;
pub(crate) mod c_struct;
pub(crate) mod c_union;
pub(crate) mod callback;
pub(crate) mod definition;
pub(crate) mod kernel_struct;
pub(crate) mod kfunc;
pub(crate) mod names;
