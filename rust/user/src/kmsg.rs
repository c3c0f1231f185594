// SPDX-License-Identifier: GPL-2.0

//! The kernel's log, from now on.

use std::fs::{
    File,
    OpenOptions, //
};
use std::io::{
    ErrorKind,
    Read,
    Seek,
    SeekFrom, //
};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{
    Context,
    Result, //
};
use rustix::fs::OFlags;

/// The longest record that the kernel hands out.
const RECORD_MAX: usize = 8192;

/// Reads the messages that the kernel logs after this was opened.
pub struct Kmsg(File);

impl Kmsg {
    /// Starts listening.
    pub fn open() -> Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits() as i32)
            .open("/dev/kmsg")
            .context("/dev/kmsg")?;

        file.seek(SeekFrom::End(0))?;
        Ok(Self(file))
    }

    /// Returns the messages logged since the last call.
    pub fn messages(&mut self) -> Result<Vec<String>> {
        let mut record = [0; RECORD_MAX];
        let mut messages = Vec::new();

        loop {
            match self.0.read(&mut record) {
                Ok(len) => messages.extend(message(&record[..len])),
                Err(err) if err.kind() == ErrorKind::WouldBlock => return Ok(messages),
                // Some were overwritten before we came: go on with the next that is there.
                Err(err) if err.kind() == ErrorKind::BrokenPipe => (),
                Err(err) => return Err(err).context("/dev/kmsg"),
            }
        }
    }
}

/// Takes the message out of a record `priority,sequence,time,flags;message\n KEY=value…`.
fn message(record: &[u8]) -> Option<String> {
    let record = String::from_utf8_lossy(record);
    let (_, text) = record.split_once(';')?;

    text.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn records() {
        let text = |record: &str| message(record.as_bytes());

        assert_eq!(text("6,1,2,-;a; b\n KEY=c\n").unwrap(), "a; b");
        assert_eq!(text("6,1,2,-,more=3;a\n").unwrap(), "a");
        assert_eq!(text("not a record"), None);
    }
}
