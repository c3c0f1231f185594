// SPDX-License-Identifier: GPL-2.0

//! The two implementations of `bpf_testmod_ops` in `testmod.bpf.c`.

use std::mem::{
    offset_of,
    MaybeUninit, //
};

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::skel::{
    OpenSkel,
    SkelBuilder, //
};
use libbpf_rs::{
    Link,
    MapMut,
    OpenObject, //
};

/// What libbpf-cargo generated from `testmod.bpf.c`.
#[allow(
    unsafe_code,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    missing_docs
)]
pub mod skel {
    include!(concat!(env!("OUT_DIR"), "/testmod.skel.rs"));
}

pub use skel::types::bss as Globals;
use skel::{
    types::bpf_testmod_ops,
    OpenTestmodSkel,
    TestmodSkel,
    TestmodSkelBuilder, //
};

/// The object file behind the skeleton.
pub const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/testmod.o"));

/// The name of the struct_ops type.
pub const TYPE: &str = "bpf_testmod_ops";

/// Which of the two implementations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `test_1()` returns [`Which::test_1`].
    First,
    /// The same with another value.
    Second,
}

impl Which {
    /// The name of the map.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
        }
    }

    /// What the program behind `test_1` returns.
    pub fn test_1(self) -> i32 {
        match self {
            Self::First => 42,
            Self::Second => 7,
        }
    }
}

/// What the program behind `test_maybe_null` returns when there is no task: `-ESRCH`.
pub const NO_TASK: i32 = -3;

/// One map of the type, created in the kernel with its programs loaded.
pub struct Instance<'obj> {
    skel: TestmodSkel<'obj>,
    which: Which,
}

impl<'obj> Instance<'obj> {
    /// Creates the map of `which`, and only that one, with `data` in its value.
    pub fn load(
        storage: &'obj mut MaybeUninit<OpenObject>,
        which: Which,
        data: i32,
    ) -> Result<Self> {
        let mut skel = TestmodSkelBuilder::default().open(storage)?;

        set_data(&mut skel, which, data)?;
        // libbpf leaves out the programs that no created map refers to.
        match which {
            Which::First => skel.maps.second.set_autocreate(false)?,
            Which::Second => skel.maps.first.set_autocreate(false)?,
        }
        let skel = skel
            .load()
            .with_context(|| format!("cannot create the map {}", which.name()))?;
        Ok(Self { skel, which })
    }

    /// Attaches the map; it is detached when the link is dropped.
    pub fn attach(&mut self) -> Result<Link> {
        let name = self.which.name();

        self.map()
            .attach_struct_ops()
            .with_context(|| format!("cannot attach the map {name}"))
    }

    /// The struct_ops map.
    pub fn map(&mut self) -> &mut MapMut<'obj> {
        match self.which {
            Which::First => &mut self.skel.maps.first,
            Which::Second => &mut self.skel.maps.second,
        }
    }

    /// What the programs have recorded so far.
    pub fn globals(&self) -> Result<Globals> {
        self.skel
            .maps
            .bss_data
            .as_deref()
            .copied()
            .context("the globals are not mapped")
    }
}

/// Sets the member `data` of the value that the map will be created with.
fn set_data(skel: &mut OpenTestmodSkel<'_>, which: Which, data: i32) -> Result<()> {
    let map = match which {
        Which::First => &mut skel.maps.first,
        Which::Second => &mut skel.maps.second,
    };
    let bytes = data.to_ne_bytes();
    let start = offset_of!(bpf_testmod_ops, data);

    map.initial_value_mut()
        .and_then(|value| value.get_mut(start..start + bytes.len()))
        .context("the map has no initial value")?
        .copy_from_slice(&bytes);
    Ok(())
}
