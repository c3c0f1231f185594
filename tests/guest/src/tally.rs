// SPDX-License-Identifier: GPL-2.0

//! Counts what became of operations.

use std::collections::BTreeMap;
use std::fmt;

use rustix::io::Errno;

/// Those that the tests meet. `ENOTSUPP` is known inside of the kernel only.
const NAMES: [(i32, &str); 17] = [
    (1, "EPERM"),
    (2, "ENOENT"),
    (6, "ENXIO"),
    (11, "EAGAIN"),
    (12, "ENOMEM"),
    (14, "EFAULT"),
    (16, "EBUSY"),
    (17, "EEXIST"),
    (19, "ENODEV"),
    (22, "EINVAL"),
    (23, "ENFILE"),
    (24, "EMFILE"),
    (28, "ENOSPC"),
    (35, "EDEADLK"),
    (67, "ENOLINK"),
    (95, "EOPNOTSUPP"),
    (524, "ENOTSUPP"),
];

/// How many have succeeded, and how many have failed with which error.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Those that have succeeded.
    pub succeeded: u64,
    refused: BTreeMap<i32, u64>,
}

impl Tally {
    /// Counts one.
    pub fn add<T>(&mut self, result: &Result<T, Errno>) {
        match result {
            Ok(_) => self.succeeded += 1,
            Err(errno) => *self.refused.entry(errno.raw_os_error()).or_default() += 1,
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        for (errno, count) in &other.refused {
            *self.refused.entry(*errno).or_default() += count;
        }
    }

    /// Those that have failed.
    pub fn refused(&self) -> u64 {
        self.refused.values().sum()
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.succeeded + self.refused()
    }

    /// An error that is not among `known`, if there was one.
    pub fn unknown(&self, known: &[&str]) -> Option<String> {
        let mut met = self.refused.keys().map(|errno| name(*errno));
        met.find(|name| !known.contains(&name.as_str()))
    }
}

fn name(errno: i32) -> String {
    let name = NAMES.iter().find(|(value, _)| *value == errno);
    name.map_or_else(|| errno.to_string(), |(_, name)| (*name).to_owned())
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} succeeded, {} refused",
            self.succeeded,
            self.refused()
        )?;
        for (number, (errno, count)) in self.refused.iter().enumerate() {
            let before = [" (", ", "][usize::from(number > 0)];
            write!(f, "{before}{} {count}", name(*errno))?;
        }
        if self.refused.is_empty() {
            return Ok(());
        }
        f.write_str(")")
    }
}
