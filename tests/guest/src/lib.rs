// SPDX-License-Identifier: GPL-2.0

//! What the programs that test in the guest have in common.

pub mod env;
pub mod ktap;
pub mod stress;
pub mod tally;
