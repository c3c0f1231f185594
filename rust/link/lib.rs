// SPDX-License-Identifier: GPL-2.0

//! Attaches a struct_ops map, and replaces it by another while it is in use.
//!
//! libbpf-rs 0.27 can do the first but not the second, for which libbpf has
//! `bpf_link__update_map()`. This is for user space, unlike the crates next to it.

use std::ops::Deref;

use libbpf_rs::libbpf_sys::bpf_link__update_map;
use libbpf_rs::{
    AsRawLibbpf,
    Error,
    Link,
    MapMut,
    Result, //
};

/// A struct_ops map that is attached until this is dropped.
///
/// libbpf takes *any* link that is to be updated for one that it has made for a struct_ops map, and
/// reads and writes behind the end of another, such as one that was opened from a bpffs
/// (`libbpf.c:13561`, libbpf 1.7). Hence only [`Attached::attach`] makes one of these, and its
/// [`Link`] can be looked at but not exchanged:
///
/// ```compile_fail,E0594
/// fn exchange(mine: &mut struct_ops_link::Attached, opened: libbpf_rs::Link) {
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
/// use struct_ops_link::Attached;
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
