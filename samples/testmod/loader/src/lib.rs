// SPDX-License-Identifier: GPL-2.0

//! Loads BPF programs that implement a struct_ops type of a kernel module.
//!
//! - [`testmod`] has the programs that are built into this crate by libbpf-cargo: the skeleton gives
//!   their maps and globals names and types.
//! - [`story`] is the demo.
//!
//! What any loader needs is in `struct_ops_user`.

#![deny(unsafe_code)]

pub mod story;
pub mod testmod;
