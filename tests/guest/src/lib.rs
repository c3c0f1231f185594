// SPDX-License-Identifier: GPL-2.0

//! What the programs that test in the guest have in common.

pub mod env;
pub mod inject;
pub mod ktap;
pub mod random;
pub mod stress;
pub mod tally;

/// The steps of a round of `fuzz`, which `shrink` makes fewer.
pub const FUZZ_STEPS: u64 = 10_000;
