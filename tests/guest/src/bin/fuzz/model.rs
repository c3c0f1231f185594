// SPDX-License-Identifier: GPL-2.0

//! What a module offers, as its BTF says: struct_ops types, with their members, and kfuncs.

use std::path::Path;

use anyhow::Result;
use libbpf_rs::libbpf_sys::{
    BTF_KIND_CONST,
    BTF_KIND_DECL_TAG,
    BTF_KIND_ENUM,
    BTF_KIND_ENUM64,
    BTF_KIND_INT,
    BTF_KIND_PTR,
    BTF_KIND_STRUCT,
    BTF_KIND_TYPEDEF,
    BTF_KIND_TYPE_TAG,
    BTF_KIND_VOLATILE, //
};
use struct_ops_user::btf::{
    aim,
    kind,
    Btf, //
};

/// What a function takes or gives.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Number,
    /// A pointer to the struct with this id.
    Struct(u32),
    /// An address in the arena of the program.
    Arena,
    Nothing,
    Other,
}

#[derive(Clone)]
pub struct Signature {
    pub arguments: Vec<Kind>,
    pub result: Kind,
}

/// A member of a table.
pub struct Member {
    /// In bytes, from the beginning of the map's value.
    pub offset: usize,
    /// Of a callback.
    pub signature: Option<Signature>,
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
    /// Or of the kernel.
    pub of_module: bool,
    name: Vec<u8>,
    pub signature: Signature,
}

impl Kfunc {
    /// What it takes a reference to back, as far as its name and its signature tell.
    fn releases(&self) -> Option<Kind> {
        let last = self.name.rsplit(|byte| *byte == b'_').next();
        match (&self.signature.arguments[..], self.signature.result) {
            ([kind @ Kind::Struct(_)], Kind::Nothing)
                if last.is_some_and(|last| RELEASE.contains(&last)) =>
            {
                Some(*kind)
            }
            _ => None,
        }
    }
}

pub struct Model {
    pub types: Vec<Type>,
    /// Those of the kernel, then those of the module.
    pub kfuncs: Vec<Kfunc>,
    /// Where those of the module begin.
    pub own: usize,
    /// Kfuncs that give a reference to an object, each with one that takes it back.
    pub objects: Vec<(usize, usize)>,
    /// `struct task_struct`.
    pub task: Kind,
    /// `struct lease`, which a map can keep.
    pub lease: Option<Kind>,
}

/// How names end of kfuncs that take a reference back.
const RELEASE: [&[u8]; 6] = [b"release", b"put", b"end", b"drop", b"free", b"close"];
/// They end the kernel, or the fuzzer.
const LEFT_OUT: [&[u8]; 2] = [b"crash_kexec", b"bpf_send_signal_task"];

impl Model {
    /// Reads that of a module which is loaded.
    pub fn of(name: &str) -> Result<Self> {
        let kernel = Btf::of_kernel()?;
        let start = kernel.end();
        let btf = kernel.parse_on(&Path::new("/sys/kernel/btf").join(name))?;
        let mut model = Self {
            types: vec![],
            kfuncs: vec![],
            own: 0,
            objects: vec![],
            task: Kind::Other,
            lease: None,
        };
        for id in 1..btf.end() {
            let Some(ty) = btf.get(id) else { continue };
            let name = btf.name(ty).to_bytes();
            let of_module = id >= start;
            if of_module && model.own == 0 {
                model.own = model.kfuncs.len();
            }
            match kind(ty) {
                BTF_KIND_STRUCT if of_module && name.starts_with(b"bpf_struct_ops_") => {
                    model.types.extend(value_type(&btf, id));
                }
                BTF_KIND_STRUCT if name == b"task_struct" => model.task = Kind::Struct(id),
                BTF_KIND_STRUCT if name == b"lease" => model.lease = Some(Kind::Struct(id)),
                BTF_KIND_DECL_TAG if name == b"bpf_kfunc" => {
                    model.kfuncs.extend(kfunc(&btf, aim(ty), of_module));
                }
                _ => {}
            }
        }
        model.objects = objects(&model.kfuncs);
        Ok(model)
    }

    /// The kfunc with this name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.kfuncs
            .iter()
            .position(|kfunc| kfunc.name == name.as_bytes())
    }

    /// What gives back a reference to that.
    pub fn release(&self, kind: Kind) -> Option<usize> {
        let mut objects = self.objects.iter();
        objects
            .find(|(_, release)| self.kfuncs[*release].releases() == Some(kind))
            .map(|(_, release)| *release)
    }
}

fn objects(kfuncs: &[Kfunc]) -> Vec<(usize, usize)> {
    let makers = kfuncs.iter().enumerate();
    makers
        .filter_map(|(maker, kfunc)| {
            let made = kfunc.signature.result;
            let release = kfuncs
                .iter()
                .position(|kfunc| kfunc.releases() == Some(made))?;
            Some((maker, release))
        })
        .collect()
}

fn kfunc(btf: &Btf, id: u32, of_module: bool) -> Option<Kfunc> {
    let func = btf.get(id)?;
    let name = btf.name(func).to_bytes();
    (!LEFT_OUT.contains(&name)).then(|| Kfunc {
        id,
        of_module,
        name: name.to_owned(),
        signature: signature(btf, aim(func)),
    })
}

/// What the type `id` is, without names and the like.
fn plain(btf: &Btf, mut id: u32) -> u32 {
    while let Some(ty) = btf.get(id) {
        match kind(ty) {
            BTF_KIND_TYPEDEF | BTF_KIND_CONST | BTF_KIND_VOLATILE | BTF_KIND_TYPE_TAG => {
                id = aim(ty);
            }
            _ => break,
        }
    }
    id
}

fn kind_of(btf: &Btf, id: u32) -> Kind {
    let id = plain(btf, id);
    let Some(ty) = btf.get(id).filter(|_| id != 0) else {
        return Kind::Nothing;
    };
    match kind(ty) {
        BTF_KIND_INT | BTF_KIND_ENUM | BTF_KIND_ENUM64 => Kind::Number,
        BTF_KIND_PTR => {
            let to = plain(btf, aim(ty));
            match btf.get(to).map(kind) {
                Some(BTF_KIND_STRUCT) => Kind::Struct(to),
                _ => Kind::Other,
            }
        }
        _ => Kind::Other,
    }
}

fn signature(btf: &Btf, prototype: u32) -> Signature {
    let parameters = btf.parameters(prototype).iter();
    Signature {
        arguments: parameters
            .map(|parameter| {
                let name = btf.string(parameter.name_off).to_bytes();
                if name.windows(7).any(|part| part == b"__arena") {
                    Kind::Arena
                } else {
                    kind_of(btf, parameter.type_)
                }
            })
            .collect(),
        result: btf
            .get(prototype)
            .map_or(Kind::Nothing, |ty| kind_of(btf, aim(ty))),
    }
}

/// The type whose maps have values of the type `id`, a struct.
fn value_type(btf: &Btf, id: u32) -> Option<Type> {
    let [_common, data] = btf.members(id) else {
        return None;
    };
    let members = btf.members(data.type_).iter().map(|member| Member {
        offset: ((data.offset + (member.offset & 0xff_ffff)) / 8) as usize,
        signature: btf
            .prototype(member.type_)
            .map(|prototype| signature(btf, prototype)),
    });
    Some(Type {
        id: data.type_,
        value_id: id,
        // Of a struct, the same field of the union is the size.
        value_size: aim(btf.get(id)?),
        members: members.collect(),
    })
}
