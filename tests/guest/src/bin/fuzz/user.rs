// SPDX-License-Identifier: GPL-2.0

//! Memory of user space that programs read: that of a file, so that they sleep until the host has read it.

use std::fs::{
    self,
    File, //
};
use std::path::{
    Path,
    PathBuf, //
};
use std::ptr;

use anyhow::Result;
use rustix::fs::{
    fadvise,
    Advice as OfFile, //
};
use rustix::mm::{
    madvise,
    mmap,
    Advice,
    MapFlags,
    ProtFlags, //
};

/// How much there is.
pub const PAGES: u64 = 16384;

/// Maps any large file for as long as the fuzzer runs, and returns where it is. None of it is in memory.
pub fn map_file() -> Result<u64> {
    let len = (PAGES * 4096) as usize;
    let libraries = Path::new("/usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let mut largest = (0, PathBuf::new());
    for file in fs::read_dir(libraries)? {
        let file = file?;
        largest = largest.max((file.metadata()?.len(), file.path()));
    }
    let file = File::open(&largest.1)?;
    fadvise(&file, 0, None, OfFile::DontNeed)?;
    let (prot, flags) = (ProtFlags::READ, MapFlags::PRIVATE);
    // SAFETY: It is new memory, which nobody refers to.
    let start = unsafe { mmap(ptr::null_mut(), len, prot, flags, &file, 0) }?;
    // SAFETY: It has just been mapped. This only keeps the kernel from reading ahead.
    unsafe { madvise(start, len, Advice::Random) }?;
    Ok(start as u64)
}
