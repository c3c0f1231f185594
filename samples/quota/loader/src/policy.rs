// SPDX-License-Identifier: GPL-2.0

//! The two policies in `quota.bpf.c`.

use std::mem::{
    offset_of,
    MaybeUninit, //
};

use anyhow::{
    bail,
    Context,
    Result, //
};
use libbpf_rs::skel::{
    OpenSkel,
    SkelBuilder, //
};
use libbpf_rs::{
    MapMut,
    OpenObject, //
};

/// What libbpf-cargo generated from `quota.bpf.c`.
#[allow(
    unsafe_code,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    missing_docs
)]
mod skel {
    include!(concat!(env!("OUT_DIR"), "/quota.skel.rs"));
}

/// The object file behind the skeleton.
pub const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/quota.o"));

pub use skel::types::bss as Globals;
use skel::{
    types::quota_ops,
    QuotaSkel,
    QuotaSkelBuilder, //
};

/// Both policies, loaded for one pool and not attached.
pub struct Policies<'obj>(QuotaSkel<'obj>);

impl<'obj> Policies<'obj> {
    /// Creates both maps in the kernel.
    pub fn load(storage: &'obj mut MaybeUninit<OpenObject>, pool: u32) -> Result<Self> {
        let mut skel = QuotaSkelBuilder::default().open(storage)?;
        let bytes = pool.to_ne_bytes();
        let place = offset_of!(quota_ops, pool)..offset_of!(quota_ops, pool) + bytes.len();

        for map in [&mut skel.maps.generous, &mut skel.maps.strict] {
            map.initial_value_mut()
                .and_then(|value| value.get_mut(place.clone()))
                .context("the map has no initial value")?
                .copy_from_slice(&bytes);
        }
        Ok(Self(skel.load().context("cannot load the policies")?))
    }

    /// The map of one policy.
    pub fn map(&mut self, name: &str) -> Result<&mut MapMut<'obj>> {
        match name {
            "generous" => Ok(&mut self.0.maps.generous),
            "strict" => Ok(&mut self.0.maps.strict),
            _ => bail!("there is no policy {name}, only generous and strict"),
        }
    }

    /// What the programs have counted.
    pub fn globals(&self) -> Result<Globals> {
        self.0
            .maps
            .bss_data
            .as_deref()
            .copied()
            .context("the globals are not mapped")
    }
}
