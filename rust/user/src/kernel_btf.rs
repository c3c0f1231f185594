// SPDX-License-Identifier: GPL-2.0

//! The types of the kernel and of its modules, by the ids that the kernel knows them by.

use anyhow::Result;
use libbpf_rs::libbpf_sys::{
    btf_member,
    BTF_KIND_STRUCT, //
};

use crate::btf::{
    kind,
    Btf, //
};

/// A member of a struct_ops type.
pub struct Member {
    pub name: String,
    /// In bytes, from the beginning of the map's value.
    pub offset: usize,
    /// Is it a pointer to a function?
    pub is_callback: bool,
}

/// A struct_ops type.
pub struct Type {
    pub name: String,
    pub members: Vec<Member>,
}

/// The BTF of the kernel, or of a module on top of it.
pub struct KernelBtf(Btf);

impl KernelBtf {
    /// Loads the BTF object `id`, which has the value type `value_type`.
    pub fn load(id: u32, value_type: u32) -> Result<Self> {
        let vmlinux = Btf::of_kernel()?;
        Ok(Self(if value_type < vmlinux.end() {
            vmlinux
        } else {
            vmlinux.of_module(id)?
        }))
    }

    fn members(&self, id: u32) -> &[btf_member] {
        match self.0.get(id) {
            Some(ty) if kind(ty) == BTF_KIND_STRUCT => self.0.members(id),
            _ => &[],
        }
    }

    fn string(&self, offset: u32) -> String {
        self.0.string(offset).to_string_lossy().into_owned()
    }

    /// The type whose maps have values of the type `value_type`.
    pub fn struct_ops_type(&self, value_type: u32) -> Option<Type> {
        let [_, data, ..] = self.members(value_type) else {
            return None;
        };
        let data_offset = data.offset / 8;
        Some(Type {
            name: self.string(self.0.get(data.type_)?.name_off),
            members: self
                .members(data.type_)
                .iter()
                .map(|member| Member {
                    name: self.string(member.name_off),
                    offset: (data_offset + (member.offset & 0xff_ffff) / 8) as usize,
                    is_callback: self.0.prototype(member.type_).is_some(),
                })
                .collect(),
        })
    }
}
