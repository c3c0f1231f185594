// SPDX-License-Identifier: GPL-2.0

//! Loads a BPF object file, and attaches what is in it.

use std::fs;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::{
    anyhow,
    bail,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    Link,
    MapCore,
    MapType,
    Object,
    ObjectBuilder,
    OpenObject,
    ProgramType, //
};
use rustix::fs::{
    statfs,
    StatFs, //
};

use crate::object::{
    self,
    Table, //
};
use crate::{
    attached,
    check,
    explain,
    said, //
};

/// Of a bpffs, see `linux/magic.h`.
const BPF_FS_MAGIC: i64 = 0xcafe_4a11;

/// Attaches each struct_ops map of an object, but those that were not to be created. Returns the links
/// by the names of the maps; a link detaches its map when it is dropped.
///
/// This is for skeletons of libbpf-cargo. Their `attach()` attaches programs only, and libbpf's warning
/// that "BPF map skeleton link is uninitialized" is all that is said.
///
/// # Examples
///
/// ```no_run
/// use libbpf_rs::skel::Skel;
///
/// fn attach<'obj>(skel: &mut impl Skel<'obj>) -> anyhow::Result<()> {
///     skel.attach()?;
///     for (name, link) in struct_ops_user::attach::struct_ops_maps(skel.object_mut())? {
///         println!("{name}: link {}", link.info()?.id);
///     }
///     Ok(())
/// }
/// ```
pub fn struct_ops_maps(object: &mut Object) -> Result<Vec<(String, Link)>> {
    object
        .maps_mut()
        .filter(|map| map.map_type() == MapType::StructOps)
        .map(|mut map| {
            let name = map.name().to_string_lossy().into_owned();
            let link = map
                .attach_struct_ops()
                .with_context(|| format!("cannot attach the map {name}"))?;
            Ok((name, link))
        })
        .collect()
}

/// A BPF object, loaded into the kernel.
pub struct Loaded {
    object: Object,
    /// The maps that are to be attached, and whose type it is.
    pub tables: Vec<(Table, String)>,
    /// The maps that were left out.
    pub left: Vec<Table>,
}

/// Something that has been attached.
pub struct Attachment {
    /// The name of the map or program.
    pub name: String,
    /// What is known of the map.
    pub table: Option<(Table, String)>,
    /// The id of the map.
    pub map_id: Option<u32>,
    /// Where it is pinned.
    pub pin: Option<PathBuf>,
    /// Detaches it when it is dropped, unless it is pinned.
    pub link: Link,
}

impl Loaded {
    /// Loads the object file `path` with the maps called `names`, or all but optional ones.
    pub fn open(path: &Path, names: &[String]) -> Result<Self> {
        check::environment()?;
        let (chosen, left) = object::choose(object::tables(path)?, names)?;
        let tables = chosen
            .into_iter()
            .map(|table| {
                let owners = check::offering(&table.kind)?;
                let owner = owners.into_iter().next().with_context(|| {
                    format!(
                        "nobody offers the struct_ops type {}: load the module that defines it first",
                        table.kind
                    )
                })?;
                Ok((table, owner))
            })
            .collect::<Result<Vec<_>>>()?;

        let load = |mut object: OpenObject| {
            for mut map in object
                .maps_mut()
                .filter(|map| map.map_type() == MapType::StructOps)
            {
                let wanted = tables.iter().any(|(table, _)| *table.map == *map.name());
                map.set_autocreate(wanted)?;
            }
            object.load()
        };
        let (object, said) = said::listen(|| load(ObjectBuilder::default().open_file(path)?));
        let object = object.map_err(|err| {
            let again = |file: &[u8]| {
                let (object, said) =
                    said::listen(|| load(ObjectBuilder::default().open_memory(file)?));
                object.err().map(|_| said)
            };
            let why = explain::explain(&said, path, again).unwrap_or_else(|| format!("{err:#}"));
            anyhow!("{}: cannot load it: {why}", path.display())
        })?;
        Ok(Self {
            object,
            tables,
            left,
        })
    }

    /// Puts the map of this name into the place of the one that `link` has.
    pub fn replace(&mut self, name: &str, link: &Link) -> Result<()> {
        let mut maps = self.object.maps_mut();
        let mut map = maps.find(|map| map.name() == name).context("no such map")?;
        Ok(attached::replace(link, &mut map)?)
    }

    /// Attaches every chosen map, and every program that libbpf can attach; pins their links into `dir`.
    /// After an error nothing is attached.
    pub fn attach(&mut self, dir: Option<&Path>) -> Result<Vec<Attachment>> {
        if let Some(dir) = dir {
            self.check_pins(dir)?;
        }
        let mut all = Vec::new();
        let done = self.attach_all(dir, &mut all);
        if done.is_err() {
            for path in all.iter().filter_map(|each: &Attachment| each.pin.as_ref()) {
                let _ = fs::remove_file(path);
            }
        }
        done.map(|()| all)
    }

    fn attach_all(&mut self, dir: Option<&Path>, all: &mut Vec<Attachment>) -> Result<()> {
        for (table, owner) in &self.tables {
            let mut maps = self.object.maps_mut();
            let mut map = maps
                .find(|map| *map.name() == *table.map)
                .context("no such map")?;
            let mut link = map.attach_struct_ops().map_err(|err| {
                anyhow!(
                    "cannot attach the map {}: {err:#}: {owner} has refused it, the kernel's log may say why",
                    table.map
                )
            })?;
            // What has no link cannot be pinned: it stays all the same.
            let pin = dir
                .filter(|_| table.has_link)
                .map(|dir| dir.join(&table.map));
            match (&pin, dir) {
                (Some(path), _) => link.pin(path).with_context(|| path.display().to_string())?,
                (None, Some(_)) => link.disconnect(),
                (None, None) => {}
            }
            all.push(Attachment {
                name: table.map.clone(),
                table: Some((table.clone(), owner.clone())),
                map_id: Some(map.info()?.info.id),
                pin,
                link,
            });
        }
        for program in self.object.progs_mut() {
            if program.prog_type() == ProgramType::StructOps || !program.autoload() {
                continue;
            }
            let name = program.name().to_string_lossy().into_owned();
            let mut link = program
                .attach()
                .with_context(|| format!("cannot attach the program {name} of the object: leave it out with a `?` before its section"))?;
            let pin = dir.map(|dir| dir.join(&name));
            if let Some(path) = &pin {
                link.pin(path).with_context(|| path.display().to_string())?;
            }
            all.push(Attachment {
                name,
                table: None,
                map_id: None,
                pin,
                link,
            });
        }
        Ok(())
    }

    /// Fails if a link could not be pinned: before anything is attached.
    fn check_pins(&self, dir: &Path) -> Result<()> {
        let StatFs { f_type, .. } = statfs(dir).with_context(|| dir.display().to_string())?;
        ensure!(
            f_type == BPF_FS_MAGIC,
            "{} is not in a bpffs: mount one, or take /sys/fs/bpf",
            dir.display()
        );
        for (table, _) in self.tables.iter().filter(|(table, _)| table.has_link) {
            let path = dir.join(&table.map);
            if path.exists() {
                bail!(
                    "{} is there already, nothing was changed: `struct-ops replace` puts a map into its place, \
                     `struct-ops detach` ends it",
                    path.display()
                );
            }
        }
        Ok(())
    }
}
