// SPDX-License-Identifier: GPL-2.0

//! The structs and symbols that the kernel has.
//!
//! A struct of the module that is the same as one of the kernel, by name and fields, gets no
//! description of its own: the BTF of the module refers to that of the kernel. To the verifier both
//! are then one type, so a program could pass a kernel object where a kfunc takes the module's
//! struct, and the other way round.
//!
//! The address of a kfunc is looked up by its name alone, first among the symbols of the kernel.

use crate::{
    c_struct::CStruct,
    kfunc::Kfunc, //
};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{
        Error,
        Result, //
    },
    os::unix::fs::FileExt, //
};

/// What `vmlinux` says of itself.
pub(crate) struct Vmlinux {
    /// From its BTF, see `include/uapi/linux/btf.h`.
    types: Vec<u8>,
    strings: Vec<u8>,
    /// The sections `.symtab` and `.strtab`.
    symbols: Vec<u8>,
    symbol_names: Vec<u8>,
}

fn bad(what: &str) -> Error {
    Error::other(what.to_owned())
}

/// The `N` bytes at `offset`.
fn at<const N: usize>(bytes: &[u8], offset: usize) -> Result<[u8; N]> {
    let found = bytes.get(offset..).and_then(|rest| rest.first_chunk());
    found.copied().ok_or_else(|| bad("it ends early"))
}

fn u16_at(bytes: &[u8], offset: usize) -> Result<usize> {
    Ok(u16::from_le_bytes(at(bytes, offset)?).into())
}

fn u32_at(bytes: &[u8], offset: usize) -> Result<usize> {
    Ok(u32::from_le_bytes(at(bytes, offset)?) as usize)
}

fn u64_at(bytes: &[u8], offset: usize) -> Result<u64> {
    Ok(u64::from_le_bytes(at(bytes, offset)?))
}

/// The string that begins at `offset`.
fn string_at(strings: &[u8], offset: usize) -> &[u8] {
    let rest = strings.get(offset..).unwrap_or_default();
    rest.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Reads these sections of a 64-bit ELF file.
fn sections<const N: usize>(path: &str, wanted: [&str; N]) -> Result<[Vec<u8>; N]> {
    let file = File::open(path)?;
    let read = |offset: u64, len: usize| {
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, offset).map(|()| bytes)
    };
    let header = read(0, 64)?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return Err(bad("not a 64-bit little-endian ELF file"));
    }
    let (size, count) = (u16_at(&header, 58)?, u16_at(&header, 60)?);
    let sections = read(u64_at(&header, 40)?, size * count)?;
    let content = |index: usize| {
        let offset = u64_at(&sections, index * size + 24)?;
        read(offset, u64_at(&sections, index * size + 32)? as usize)
    };
    let names = content(u16_at(&header, 62)?)?;
    let mut found = wanted.map(|_| None);
    for index in 0..count {
        let name = string_at(&names, u32_at(&sections, index * size)?);
        if let Some(which) = wanted.iter().position(|wanted| wanted.as_bytes() == name) {
            found[which] = Some(content(index)?);
        }
    }
    for (name, content) in wanted.iter().zip(&found) {
        if content.is_none() {
            return Err(bad(&format!("no section {name}")));
        }
    }
    Ok(found.map(Option::unwrap))
}

impl Vmlinux {
    /// Reads the kernel at `path`.
    pub(crate) fn read(path: &str) -> Result<Self> {
        let [btf, symbols, symbol_names] = sections(path, [".BTF", ".symtab", ".strtab"])?;
        if u16_at(&btf, 0)? != 0xeb9f {
            return Err(bad("not BTF of this byte order"));
        }
        let part = |field: usize| {
            let start = u32_at(&btf, 4)? + u32_at(&btf, field)?;
            let part = btf.get(start..start + u32_at(&btf, field + 4)?);
            part.map(<[u8]>::to_vec).ok_or_else(|| bad("it ends early"))
        };
        let (types, strings) = (part(8)?, part(16)?);
        Ok(Self {
            types,
            strings,
            symbols,
            symbol_names,
        })
    }

    /// Those of `kfuncs` that have the name of a symbol of the kernel.
    pub(crate) fn symbols_like(&self, kfuncs: &[Kfunc]) -> Result<BTreeSet<String>> {
        let names: Vec<_> = kfuncs
            .iter()
            .map(|k| k.item.sig.ident.to_string())
            .collect();
        let mut found = BTreeSet::new();
        for symbol in (0..self.symbols.len()).step_by(24) {
            let name = string_at(&self.symbol_names, u32_at(&self.symbols, symbol)?);
            found.extend(names.iter().find(|own| own.as_bytes() == name).cloned());
        }
        Ok(found)
    }

    /// Those of `structs` that have the name and the fields of a struct of the kernel.
    ///
    /// BTF compares the types of the fields as well: this finds a few that would be told apart.
    pub(crate) fn structs_like(&self, structs: &[CStruct]) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        let mut next = 0;
        while next < self.types.len() {
            let name = string_at(&self.strings, u32_at(&self.types, next)?);
            let info = u32_at(&self.types, next + 4)?;
            let (kind, len) = (info >> 24 & 0x7f, info & 0xff_ffff);
            let members = next + 12;
            next = members
                + match kind {
                    // INT, VAR, DECL_TAG
                    1 | 14 | 17 => 4,
                    // ARRAY
                    3 => 12,
                    // STRUCT, UNION, DATASEC, ENUM64
                    4 | 5 | 15 | 19 => 12 * len,
                    // ENUM, FUNC_PROTO
                    6 | 13 => 8 * len,
                    // PTR, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FLOAT, TYPE_TAG
                    2 | 7..=12 | 16 | 18 => 0,
                    _ => return Err(bad("a type of an unknown kind")),
                };
            if kind != 4 {
                continue;
            }
            for own in structs.iter().filter(|own| own.name.as_bytes() == name) {
                let mut same = own.fields.len() == len;
                for (i, (field, _)) in own.fields.iter().enumerate().take(len) {
                    let theirs = u32_at(&self.types, members + 12 * i)?;
                    same &= field.to_string().as_bytes() == string_at(&self.strings, theirs);
                }
                if same {
                    found.insert(own.name.clone());
                }
            }
        }
        Ok(found)
    }
}
