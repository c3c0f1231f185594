// SPDX-License-Identifier: GPL-2.0

//! Attaches a struct_ops map, and replaces it by another while it is in use.
//!
//! libbpf-rs 0.27 can do the first but not the second, for which libbpf has
//! `bpf_link__update_map()`.

#![allow(unsafe_code)]

use std::ops::Deref;
use std::os::fd::{
    AsFd,
    AsRawFd, //
};

use libbpf_rs::libbpf_sys::{
    bpf_link__update_map,
    bpf_link_update, //
};
use libbpf_rs::{
    AsRawLibbpf,
    Error,
    Link,
    MapMut,
    Result, //
};
use rustix::process::{
    getrlimit,
    setrlimit,
    Resource,
    Rlimit, //
};

/// A struct_ops map that is attached until this is dropped.
///
/// libbpf takes *any* link that is to be updated for one that it has made for a struct_ops map, and
/// reads and writes behind the end of another, such as one that was opened from a bpffs
/// (`libbpf.c:13561`, libbpf 1.7). Hence only [`Attached::attach`] makes one of these, and its
/// [`Link`] can be looked at but not exchanged:
///
/// ```compile_fail,E0594
/// fn exchange(mine: &mut struct_ops_user::Attached, opened: libbpf_rs::Link) {
///     **mine = opened;
/// }
/// ```
///
/// # Invariants
///
/// The link was made by `bpf_map__attach_struct_ops()`, so it is the first member of a
/// `struct bpf_link_struct_ops`.
///
/// # Examples
///
/// ```
/// use libbpf_rs::{MapMut, Result};
/// use struct_ops_user::Attached;
///
/// fn one_then_the_other(one: &mut MapMut<'_>, other: &MapMut<'_>) -> Result<()> {
///     let mut attached = Attached::attach(one)?;
///     attached.update(other)
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropping it detaches the map"]
pub struct Attached(Link);

impl Attached {
    /// Attaches `map`.
    pub fn attach(map: &mut MapMut<'_>) -> Result<Self> {
        // INVARIANT: That is the function of libbpf which this calls.
        map.attach_struct_ops().map(Self)
    }

    /// Puts `map` into the place of the one that is attached.
    ///
    /// Fails, and changes nothing, when the type has no `update` or does not want this one, when
    /// `map` is of another type, and when a map in `.struct_ops` is attached, which has no link.
    pub fn update(&mut self, map: &MapMut<'_>) -> Result<()> {
        let (link, map) = (self.0.as_libbpf_object(), map.as_libbpf_object());

        // SAFETY: By the type invariant libbpf finds the struct it looks for around `link`, which
        // nobody else uses meanwhile; `map` is a map of a loaded object, and is only read.
        match unsafe { bpf_link__update_map(link.as_ptr(), map.as_ptr()) } {
            0 => Ok(()),
            err => Err(Error::from_raw_os_error(-err)),
        }
    }
}

impl Deref for Attached {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.0
    }
}

/// Puts `map` into the place of the one that a link has, which may have been opened from a bpffs.
///
/// Fails as [`Attached::update`] does. While it runs, nobody else in the process can open a file.
pub fn replace(link: &Link, map: &mut MapMut<'_>) -> Result<()> {
    // Only libbpf knows the value of the map, and it sets that when it attaches the map. The link that
    // it makes then takes a descriptor: there is none, so the map has its value and is not attached.
    let limit = getrlimit(Resource::Nofile);
    let none = Rlimit {
        current: Some(0),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, none).map_err(std::io::Error::from)?;
    let attached = map.attach_struct_ops();
    setrlimit(Resource::Nofile, limit).map_err(std::io::Error::from)?;
    // The kinds of libbpf-rs do not tell this one.
    let no_descriptor = std::io::Error::from(rustix::io::Errno::MFILE).to_string();
    match attached {
        Err(err) if format!("{err:#}").contains(&no_descriptor) => {}
        Err(err) => return Err(err),
        Ok(link) => drop(link),
    }

    let (link, map) = (link.as_fd().as_raw_fd(), map.as_fd().as_raw_fd());
    // SAFETY: Without options this takes two descriptors, which are open.
    match unsafe { bpf_link_update(link, map, std::ptr::null()) } {
        0 => Ok(()),
        err => Err(Error::from_raw_os_error(-err)),
    }
}
