// SPDX-License-Identifier: GPL-2.0

//! Loads BPF programs that implement a struct_ops type of a kernel module.
//!
//! - [`object`] loads and attaches *any* BPF object file, whatever type it implements.
//! - [`testmod`] does the same with the programs that are built into this crate by libbpf-cargo:
//!   the skeleton gives their maps and globals names and types.
//! - [`kmod`], [`kmsg`] and [`check`] are what surrounds it: the module, its log, and the questions
//!   to ask before libbpf is asked.
//! - [`types`] lists the types that are registered.
//! - [`story`] is the demo.
//!
//! libbpf finds the type by name in the BTF of the kernel or of a module, and passes the module's
//! BTF to the kernel. Nothing here has to know which module it is.

#![deny(unsafe_code)]

pub mod check;
pub mod kmod;
pub mod kmsg;
pub mod object;
pub mod story;
pub mod testmod;
pub mod types;
