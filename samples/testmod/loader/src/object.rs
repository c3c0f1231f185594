// SPDX-License-Identifier: GPL-2.0

//! Loading and attaching BPF object files of any struct_ops type.

use std::path::Path;

use anyhow::{
    anyhow,
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::btf::types::{
    DataSec,
    Var, //
};
use libbpf_rs::btf::{
    Btf,
    BtfKind, //
};
use libbpf_rs::{
    Link,
    MapCore,
    MapType,
    Object,
    ObjectBuilder,
    ReferencesType, //
};

use crate::check;

/// The section whose maps are attached by a link.
const LINK_SECTION: &str = ".struct_ops.link";

/// A struct_ops variable of an object file.
#[derive(Debug, PartialEq, Eq)]
pub struct Implementation {
    /// The name of the variable, which is the name of the map.
    pub map: String,
    /// The name of the struct_ops type.
    pub kind: String,
    /// Who offers the type: a module, or `vmlinux`.
    pub offered_by: String,
}

/// A BPF object, loaded into the kernel.
pub struct Loaded {
    object: Object,
    implementations: Vec<Implementation>,
}

impl Loaded {
    /// Loads the object file `path`.
    pub fn open(path: &Path) -> Result<Self> {
        check::environment()?;
        ensure!(path.is_file(), "{}: no such file", path.display());

        let object = || path.display();
        let implementations = implementations(path)?;
        let object = ObjectBuilder::default()
            .open_file(path)
            .map_err(|err| anyhow!("{}: not a BPF object file ({err})", object()))?
            .load()
            .map_err(|err| anyhow!("{}: cannot load it: {err:#} (-v says more)", object()))?;
        Ok(Self {
            object,
            implementations,
        })
    }

    /// What the object implements.
    pub fn implementations(&self) -> &[Implementation] {
        &self.implementations
    }

    /// Attaches every map; each is detached when its link is dropped.
    pub fn attach(&mut self) -> Result<Vec<Link>> {
        self.object
            .maps_mut()
            .filter(|map| map.map_type() == MapType::StructOps)
            .map(|mut map| {
                let name = map.name().to_string_lossy().into_owned();
                map.attach_struct_ops()
                    .map_err(|err| anyhow!("cannot attach the map {name}: {err:#}"))
            })
            .collect()
    }
}

/// Lists what the object file `path` implements, and fails if nobody offers one of the types.
fn implementations(path: &Path) -> Result<Vec<Implementation>> {
    let btf = Btf::from_path(path)
        .map_err(|_| anyhow!("{}: not a BPF object file with BTF", path.display()))?;
    let section: DataSec<'_> = btf
        .type_by_name(LINK_SECTION)
        .with_context(|| format!("{}: nothing in section {LINK_SECTION}", path.display()))?;

    section
        .iter()
        .map(|entry| {
            let var: Var<'_> = btf.type_by_id(entry.ty).context("not a variable")?;
            let value = var.referenced_type();
            ensure!(value.kind() == BtfKind::Struct, "not a struct");

            implementation(name(var.name()), name(value.name()))
        })
        .collect::<Result<_>>()
        .with_context(|| path.display().to_string())
}

fn name(name: Option<&std::ffi::OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}

fn implementation(map: String, kind: String) -> Result<Implementation> {
    // libbpf ignores what follows three underscores, too.
    let kind = kind.split("___").next().unwrap_or_default().to_owned();

    match check::offered_by(&kind)? {
        Some(offered_by) => Ok(Implementation {
            map,
            kind,
            offered_by,
        }),
        None => {
            bail!("nobody offers the struct_ops type {kind}: load the module that defines it first")
        }
    }
}
