// SPDX-License-Identifier: GPL-2.0

//! What `/dev/quota` understands.

use std::fs::{
    File,
    OpenOptions, //
};
use std::io::Write;
use std::os::unix::fs::FileExt;

use anyhow::{
    Context,
    Result, //
};
use rustix::io::Errno;

const PATH: &str = "/dev/quota";

/// A pool, which is an open file of the device.
pub struct Pool(File);

impl Pool {
    /// Opens the device.
    pub fn open() -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(PATH);
        Ok(Self(file.context(PATH)?))
    }

    /// Gives one command; the error is the module's, or that of the policy.
    pub fn command(&self, line: &str) -> Result<(), Errno> {
        (&self.0)
            .write_all(line.as_bytes())
            .map_err(|err| Errno::from_io_error(&err).unwrap_or(Errno::IO))
    }

    /// How the pool is: one line.
    pub fn state(&self) -> Result<String> {
        let mut line = [0; 128];
        let len = self.0.read_at(&mut line, 0).context(PATH)?;
        Ok(String::from_utf8_lossy(&line[..len]).trim_end().to_owned())
    }

    /// The number by which policies know the pool.
    pub fn id(&self) -> Result<u32> {
        let state = self.state()?;
        let id = state.split_whitespace().nth(1);
        id.and_then(|id| id.parse().ok()).context(state)
    }
}
