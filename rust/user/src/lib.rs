// SPDX-License-Identifier: GPL-2.0

//! The user's side of BPF struct_ops: to see which types there are and who implements them, to attach
//! maps, and to replace them. For types of the kernel and of modules, written in C or in Rust.
//!
//! - [`object`] reads what is in a BPF object file, [`attach`](mod@attach) attaches it.
//! - [`attached`] is a map that is attached, and can be replaced.
//! - [`list`](mod@list) finds the maps and links that are there, [`types`] the types that are registered.
//! - [`check`] and [`doctor`] are the questions to ask first, because the kernel answers with a number.
//! - [`header`] writes the types of a module in C, for programs.
//! - [`kmod`] and [`kmsg`] are for loaders: a module, and the kernel's log.
//!
//! libbpf finds a type by name in the BTF of the kernel or of a module, and passes the module's BTF to
//! the kernel. Nothing here has to know which module it is.
//!
//! A skeleton that libbpf-cargo has generated does not attach struct_ops maps in its `attach()`: it has
//! no place for their links. [`attach::struct_ops_maps`] does. [`Attached`] is for maps that are to be
//! replaced while they are in use.

#![deny(unsafe_code)]

pub mod attach;
pub mod attached;
pub mod btf;
pub mod check;
pub mod doctor;
mod explain;
pub mod header;
mod kernel_btf;
pub mod kmod;
pub mod kmsg;
pub mod list;
pub mod object;
mod said;
pub mod types;

pub use attached::Attached;
