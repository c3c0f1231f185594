// SPDX-License-Identifier: GPL-2.0

//! Gives policies in BPF to the pools of the module quota.

#![deny(unsafe_code)]

pub mod demo;
pub mod policy;
pub mod pool;
