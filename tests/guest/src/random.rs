// SPDX-License-Identifier: GPL-2.0

//! Choices that are the same each time.

use std::time::Duration;

/// Numbers by xorshift64.
pub struct Random(u64);

impl Random {
    /// Starts anew. Seeds that are close to each other give numbers that are not.
    pub fn new(seed: u64) -> Self {
        let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1)
    }

    /// A number under `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) % limit
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `all`, which is not empty.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }

    /// From 1 ms to `limit` ms.
    pub fn millis(&mut self, limit: u64) -> Duration {
        Duration::from_millis(1 + self.below(limit))
    }
}
