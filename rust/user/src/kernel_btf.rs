// SPDX-License-Identifier: GPL-2.0

//! The types of the kernel and of its modules, by the ids that the kernel knows them by.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::ptr::{
    self,
    NonNull, //
};
use std::slice;

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::libbpf_sys::{
    btf,
    btf__free,
    btf__load_from_kernel_by_id_split,
    btf__load_vmlinux_btf,
    btf__name_by_offset,
    btf__type_by_id,
    btf__type_cnt,
    btf_member,
    btf_type,
    BTF_KIND_CONST,
    BTF_KIND_FUNC_PROTO,
    BTF_KIND_PTR,
    BTF_KIND_STRUCT,
    BTF_KIND_TYPEDEF, //
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
///
/// # Invariants
///
/// Both are objects of libbpf that nobody else has. `vmlinux` is the base of `module`.
pub struct KernelBtf {
    vmlinux: NonNull<btf>,
    module: Option<NonNull<btf>>,
}

impl KernelBtf {
    /// Loads the BTF object `id`, which has the value type `value_type`.
    pub fn load(id: u32, value_type: u32) -> Result<Self> {
        // SAFETY: It has no requirements.
        let vmlinux = NonNull::new(unsafe { btf__load_vmlinux_btf() })
            .context("cannot read the kernel's BTF")?;
        // INVARIANT: It has just been made.
        let mut this = Self {
            vmlinux,
            module: None,
        };
        // SAFETY: By the type invariants.
        if value_type >= unsafe { btf__type_cnt(vmlinux.as_ptr()) } {
            // SAFETY: By the type invariants.
            let module = unsafe { btf__load_from_kernel_by_id_split(id, vmlinux.as_ptr()) };
            // INVARIANT: It has just been made, on that base.
            this.module = Some(NonNull::new(module).context("cannot read a module's BTF")?);
        }
        Ok(this)
    }

    fn btf(&self) -> *const btf {
        self.module.unwrap_or(self.vmlinux).as_ptr()
    }

    fn get(&self, id: u32) -> Option<&btf_type> {
        // SAFETY: By the type invariants.
        let ty = unsafe { btf__type_by_id(self.btf(), id) };
        // SAFETY: It is NULL, or in the object, which lives as long as `self` and does not change.
        unsafe { ty.as_ref() }
    }

    fn name(&self, offset: u32) -> String {
        // SAFETY: By the type invariants.
        let name = unsafe { btf__name_by_offset(self.btf(), offset) };
        if name.is_null() {
            return String::new();
        }
        // SAFETY: It is a string of the object.
        let name = unsafe { CStr::from_ptr(name) };
        name.to_string_lossy().into_owned()
    }

    fn members(&self, id: u32) -> &[btf_member] {
        let Some(ty) = self.get(id).filter(|ty| kind(ty) == BTF_KIND_STRUCT) else {
            return &[];
        };
        // Those of a struct are behind it.
        let first = ptr::from_ref(ty).wrapping_add(1).cast();
        // SAFETY: libbpf has checked that as many members follow.
        unsafe { slice::from_raw_parts(first, (ty.info & 0xffff) as usize) }
    }

    fn resolves_to_function(&self, mut id: u32) -> bool {
        let mut through_pointer = false;
        while let Some(ty) = self.get(id) {
            match kind(ty) {
                BTF_KIND_TYPEDEF | BTF_KIND_CONST => {}
                BTF_KIND_PTR if !through_pointer => through_pointer = true,
                kind => return through_pointer && kind == BTF_KIND_FUNC_PROTO,
            }
            // SAFETY: These kinds have a type there, and both members of the union are such numbers.
            id = unsafe { ty.__bindgen_anon_1.type_ };
        }
        false
    }

    /// The type whose maps have values of the type `value_type`.
    pub fn struct_ops_type(&self, value_type: u32) -> Option<Type> {
        let [_, data, ..] = self.members(value_type) else {
            return None;
        };
        let data_offset = data.offset / 8;
        Some(Type {
            name: self.name(self.get(data.type_)?.name_off),
            members: self
                .members(data.type_)
                .iter()
                .map(|member| Member {
                    name: self.name(member.name_off),
                    offset: (data_offset + (member.offset & 0xff_ffff) / 8) as usize,
                    is_callback: self.resolves_to_function(member.type_),
                })
                .collect(),
        })
    }
}

impl Drop for KernelBtf {
    fn drop(&mut self) {
        if let Some(module) = self.module {
            // SAFETY: By the type invariants; it goes before its base.
            unsafe { btf__free(module.as_ptr()) };
        }
        // SAFETY: By the type invariants.
        unsafe { btf__free(self.vmlinux.as_ptr()) };
    }
}

fn kind(ty: &btf_type) -> u32 {
    (ty.info >> 24) & 0x1f
}
