// SPDX-License-Identifier: GPL-2.0

//! The struct_ops types that are registered, as the kernel's iterator shows them.

use std::fmt;
use std::io::Read;

use anyhow::{
    anyhow,
    ensure,
    Context,
    Result, //
};
use libbpf_rs::{
    Iter,
    Link,
    Object,
    ObjectBuilder, //
};

use crate::check;

/// The object file of `types.bpf.c`, which writes a line for each type.
const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/types.o"));

/// The head of a table whose rows are [`Type`]s.
pub const HEAD: &str = "name                            module           btf_id   maps  links";

/// A registered struct_ops type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// The module that offers it, or `vmlinux`.
    pub module: String,
    /// The id of the BTF object of `module`.
    pub btf_id: u32,
    /// How many maps of the type exist.
    pub maps: u32,
    /// How many links of such maps are attached.
    pub links: u32,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<31} {:<16} {:>6} {:>6} {:>6}",
            self.name, self.module, self.btf_id, self.maps, self.links
        )
    }
}

/// The kernel's list of registered types.
pub struct Types {
    link: Link,
    _object: Object,
}

impl Types {
    /// Loads the program that shows them.
    pub fn open() -> Result<Self> {
        check::environment()?;
        ensure!(
            check::has_types_iterator()?,
            "this kernel cannot list its struct_ops types: build it with patches/0020 of this series"
        );

        let object = ObjectBuilder::default()
            .open_memory(OBJECT)?
            .load()
            .context("cannot load the iterator's program (-v says more)")?;
        let program = object.progs_mut().next().context("no program")?;
        Ok(Self {
            link: program.attach()?,
            _object: object,
        })
    }

    /// Lists the types that are registered now, in the order of their registration.
    pub fn list(&self) -> Result<Vec<Type>> {
        let mut text = String::new();
        Iter::new(&self.link)?.read_to_string(&mut text)?;
        text.lines().map(parse).collect()
    }
}

/// Lists the registered types once.
pub fn list() -> Result<Vec<Type>> {
    Types::open()?.list()
}

fn parse(line: &str) -> Result<Type> {
    let words: Vec<&str> = line.split(' ').collect();
    let &[name, module, btf_id, maps, links] = &words[..] else {
        return Err(anyhow!("not a type: {line:?}"));
    };
    Ok(Type {
        name: name.to_owned(),
        module: module.to_owned(),
        btf_id: btf_id.parse()?,
        maps: maps.parse()?,
        links: links.parse()?,
    })
}
