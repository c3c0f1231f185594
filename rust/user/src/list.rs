// SPDX-License-Identifier: GPL-2.0

//! The struct_ops maps and links that are there, whoever has made them.

use std::collections::HashMap;
use std::fs;
use std::os::fd::AsFd;
use std::path::{
    Path,
    PathBuf, //
};

use anyhow::Result;
use libbpf_rs::query::{
    BtfInfoIter,
    LinkInfo,
    LinkInfoIter,
    LinkTypeInfo,
    MapInfoIter, //
};
use libbpf_rs::{
    Link,
    MapCore,
    MapFlags,
    MapHandle,
    MapInfo,
    MapType, //
};

use crate::kernel_btf::{
    KernelBtf,
    Member, //
};

/// Where a bpffs usually is.
pub const BPFFS: &str = "/sys/fs/bpf";

/// A struct_ops map.
pub struct Map {
    pub id: u32,
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// Who offers the type: a module, or `vmlinux`.
    pub owner: String,
    /// Is it for links?
    pub has_link: bool,
    /// Has it a link, or, if it is not for links, is it registered?
    pub is_attached: bool,
    /// The callbacks that have a program.
    pub callbacks: Vec<String>,
    /// The ids of its links, and where they are pinned.
    pub links: Vec<(u32, Option<PathBuf>)>,
}

/// `enum bpf_struct_ops_state` in front of a value, see `struct bpf_struct_ops_common_value`.
const STATE: usize = 4;
const INUSE: u32 = 1;

/// Lists the struct_ops maps by their ids.
pub fn maps() -> Result<Vec<Map>> {
    let owners: HashMap<u32, String> = BtfInfoIter::default()
        .map(|btf| (btf.id, btf.name.to_string_lossy().into_owned()))
        .collect();
    let mut pins = HashMap::new();
    find_pins(Path::new(BPFFS), &mut pins);
    let mut links: HashMap<u32, Vec<(u32, Option<PathBuf>)>> = HashMap::new();
    for link in LinkInfoIter::default() {
        if let LinkTypeInfo::StructOps(info) = link.info {
            links
                .entry(info.map_id)
                .or_default()
                .push((link.id, pins.get(&link.id).cloned()));
        }
    }

    let mut maps = Vec::new();
    for id in MapInfoIter::default()
        .filter(|info| info.ty == MapType::StructOps)
        .map(|info| info.id)
    {
        // It may go away meanwhile.
        let Ok(map) = MapHandle::from_map_id(id) else {
            continue;
        };
        let info = MapInfo::new(map.as_fd())?.info;
        let value_type = info.btf_vmlinux_value_type_id;
        let kind = KernelBtf::load(info.btf_vmlinux_id, value_type)
            .ok()
            .and_then(|btf| btf.struct_ops_type(value_type));
        let value = map
            .lookup(&0u32.to_ne_bytes(), MapFlags::ANY)
            .ok()
            .flatten()
            .unwrap_or_default();
        let has_link = info.map_flags & libbpf_rs::libbpf_sys::BPF_F_LINK != 0;
        let links = links.remove(&id).unwrap_or_default();
        maps.push(Map {
            id,
            name: map.name().to_string_lossy().into_owned(),
            owner: owners
                .get(&info.btf_vmlinux_id)
                .filter(|name| !name.is_empty())
                .cloned()
                .unwrap_or_else(|| "?".to_owned()),
            has_link,
            is_attached: if has_link {
                !links.is_empty()
            } else {
                number(&value, STATE) == Some(INUSE)
            },
            callbacks: kind
                .iter()
                .flat_map(|kind| set_callbacks(&kind.members, &value))
                .collect(),
            kind: kind.map_or_else(|| "?".to_owned(), |kind| kind.name),
            links,
        });
    }
    Ok(maps)
}

/// User space sees the id of the program in the place of a callback.
fn set_callbacks(members: &[Member], value: &[u8]) -> Vec<String> {
    let set = members.iter().filter(|member| {
        member.is_callback && number(value, member.offset).is_some_and(|id| id != 0)
    });
    set.map(|member| member.name.clone()).collect()
}

fn number(value: &[u8], offset: usize) -> Option<u32> {
    let bytes = value.get(offset..offset + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// Finds the links that are pinned under `dir`.
fn find_pins(dir: &Path, pins: &mut HashMap<u32, PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|ty| ty.is_dir()) {
            find_pins(&path, pins);
        } else if let Ok(info) = Link::open(&path).and_then(|link| LinkInfo::from_fd(link.as_fd()))
        {
            pins.insert(info.id, path);
        }
    }
}
