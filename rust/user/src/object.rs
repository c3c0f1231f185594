// SPDX-License-Identifier: GPL-2.0

//! What a BPF object file has for struct_ops.

use std::path::Path;

use anyhow::{
    anyhow,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::btf::types::{
    DataSec,
    Struct,
    Var, //
};
use libbpf_rs::btf::Btf;
use libbpf_rs::ReferencesType;

/// A struct_ops map of an object file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name of the variable, which is the name of the map.
    pub map: String,
    /// The name of the struct_ops type.
    pub kind: String,
    /// Is it attached by a link? Otherwise it stays until it is deleted.
    pub has_link: bool,
    /// Is it created only if it is asked for? Its section begins with a `?`.
    pub is_optional: bool,
}

/// Lists the struct_ops maps of the object file `path`.
pub fn tables(path: &Path) -> Result<Vec<Table>> {
    ensure!(path.is_file(), "{}: no such file", path.display());
    let btf = Btf::from_path(path)
        .map_err(|_| anyhow!("{}: not a BPF object file with BTF", path.display()))?;

    let mut tables = Vec::new();
    for (section, has_link, is_optional) in [
        (".struct_ops.link", true, false),
        (".struct_ops", false, false),
        ("?.struct_ops.link", true, true),
        ("?.struct_ops", false, true),
    ] {
        let Some(section) = btf.type_by_name::<DataSec<'_>>(section) else {
            continue;
        };
        for entry in section.iter() {
            let var: Var<'_> = btf.type_by_id(entry.ty).context("not a variable")?;
            let kind = Struct::try_from(var.referenced_type())
                .map_err(|_| anyhow!("{}: a struct_ops map is no struct", path.display()))?;
            tables.push(Table {
                map: name(var.name()),
                // libbpf ignores what follows three underscores, too.
                kind: name(kind.name())
                    .split("___")
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                has_link,
                is_optional,
            });
        }
    }
    ensure!(
        !tables.is_empty(),
        "{}: no struct_ops map in it: they are variables in SEC(\".struct_ops.link\")",
        path.display()
    );
    Ok(tables)
}

/// Chooses the maps called `names`, or all that are not optional. Returns them, and the others.
pub fn choose(tables: Vec<Table>, names: &[String]) -> Result<(Vec<Table>, Vec<Table>)> {
    for name in names {
        let all: Vec<_> = tables.iter().map(|table| table.map.as_str()).collect();
        ensure!(
            all.contains(&name.as_str()),
            "no map {name} in the object: it has {}",
            all.join(", ")
        );
    }
    let (chosen, left): (Vec<_>, Vec<_>) = tables
        .into_iter()
        .partition(|table| names.contains(&table.map) || names.is_empty() && !table.is_optional);
    ensure!(
        !chosen.is_empty(),
        "all maps are in a section with a `?`, and only created if they are asked for: give {}",
        left.iter()
            .map(|table| format!("--map {}", table.map))
            .collect::<Vec<_>>()
            .join(" or ")
    );
    Ok((chosen, left))
}

fn name(name: Option<&std::ffi::OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}
