// SPDX-License-Identifier: GPL-2.0

//! What a module offers, as its BTF says: struct_ops types, with their members, and kfuncs.

use std::path::Path;

use anyhow::Result;
use libbpf_rs::libbpf_sys::{
    BTF_KIND_DECL_TAG,
    BTF_KIND_STRUCT, //
};
use struct_ops_user::btf::{
    aim,
    kind,
    Btf, //
};

/// A member of a table.
pub struct Member {
    /// In bytes, from the beginning of the map's value.
    pub offset: usize,
    /// Of a callback, how many arguments it takes.
    pub arguments: Option<u64>,
}

/// A struct_ops type. The ids are those of BTF, and stay the same when the module is loaded again.
pub struct Type {
    pub id: u32,
    pub value_id: u32,
    pub value_size: u32,
    pub members: Vec<Member>,
}

/// A kfunc.
pub struct Kfunc {
    pub id: u32,
    pub arguments: u64,
}

pub struct Model {
    pub types: Vec<Type>,
    pub kfuncs: Vec<Kfunc>,
}

impl Model {
    /// Reads that of a module which is loaded.
    pub fn of(name: &str) -> Result<Self> {
        let kernel = Btf::of_kernel()?;
        let start = kernel.end();
        let btf = kernel.parse_on(&Path::new("/sys/kernel/btf").join(name))?;
        let mut model = Self {
            types: vec![],
            kfuncs: vec![],
        };
        for id in start..btf.end() {
            let Some(ty) = btf.get(id) else { continue };
            let name = btf.name(ty).to_bytes();
            match kind(ty) {
                BTF_KIND_STRUCT if name.starts_with(b"bpf_struct_ops_") => {
                    model.types.extend(value_type(&btf, id));
                }
                BTF_KIND_DECL_TAG if name == b"bpf_kfunc" => model.kfuncs.push(Kfunc {
                    id: aim(ty),
                    arguments: btf
                        .get(aim(ty))
                        .map_or(0, |func| arguments(&btf, aim(func))),
                }),
                _ => {}
            }
        }
        Ok(model)
    }
}

fn arguments(btf: &Btf, prototype: u32) -> u64 {
    // The last part is the result.
    (btf.parts(prototype).len() as u64).saturating_sub(1)
}

/// The type whose maps have values of the type `id`, a struct.
fn value_type(btf: &Btf, id: u32) -> Option<Type> {
    let [_common, data] = btf.members(id) else {
        return None;
    };
    let members = btf.members(data.type_).iter().map(|member| Member {
        offset: ((data.offset + (member.offset & 0xff_ffff)) / 8) as usize,
        arguments: btf
            .prototype(member.type_)
            .map(|prototype| arguments(btf, prototype)),
    });
    Some(Type {
        id: data.type_,
        value_id: id,
        // Of a struct, the same field of the union is the size.
        value_size: aim(btf.get(id)?),
        members: members.collect(),
    })
}
