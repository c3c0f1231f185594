// SPDX-License-Identifier: GPL-2.0

//! The structs that the kernel has, from the BTF in `vmlinux`.
//!
//! A struct of the module that is the same as one of the kernel, by name and fields, gets no
//! description of its own: the BTF of the module refers to that of the kernel. To the verifier both
//! are then one type, so a program could pass a kernel object where a kfunc takes the module's
//! struct, and the other way round.

use crate::c_struct::CStruct;
use std::{
    collections::BTreeSet,
    fs::File,
    io::{
        Error,
        Result, //
    },
    os::unix::fs::FileExt, //
};

/// The BTF of a kernel, see `include/uapi/linux/btf.h`.
pub(crate) struct KernelStructs {
    types: Vec<u8>,
    strings: Vec<u8>,
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

/// Reads the section called `.BTF` of a 64-bit ELF file.
fn btf_section(path: &str) -> Result<Vec<u8>> {
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
    for index in 0..count {
        if string_at(&names, u32_at(&sections, index * size)?) == b".BTF" {
            return content(index);
        }
    }
    Err(bad("no section .BTF"))
}

impl KernelStructs {
    /// Reads the BTF of the kernel at `path`.
    pub(crate) fn read(path: &str) -> Result<Self> {
        let btf = btf_section(path)?;
        if u16_at(&btf, 0)? != 0xeb9f {
            return Err(bad("not BTF of this byte order"));
        }
        let part = |field: usize| {
            let start = u32_at(&btf, 4)? + u32_at(&btf, field)?;
            let part = btf.get(start..start + u32_at(&btf, field + 4)?);
            part.map(<[u8]>::to_vec).ok_or_else(|| bad("it ends early"))
        };
        let (types, strings) = (part(8)?, part(16)?);
        Ok(Self { types, strings })
    }

    /// Those of `structs` that have the name and the fields of a struct of the kernel.
    ///
    /// BTF compares the types of the fields as well: this finds a few that would be told apart.
    pub(crate) fn namesakes(&self, structs: &[CStruct]) -> Result<BTreeSet<String>> {
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
