// SPDX-License-Identifier: GPL-2.0

//! Congestion controls of TCP in BPF, and a transfer with them.

#![forbid(unsafe_code)]

pub mod link;
pub mod measure;
pub mod picture;
pub mod transfer;

/// The programs and tables in `tcp_ca.bpf.c`.
pub const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tcp_ca.o"));
