// SPDX-License-Identifier: GPL-2.0

//! libbpf's BTF objects, safe to read.

#![allow(unsafe_code)]

use std::ffi::{
    CStr,
    CString, //
};
use std::io::Error;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
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
    btf__parse,
    btf__parse_split,
    btf__type_by_id,
    btf__type_cnt,
    btf_array,
    btf_member,
    btf_param,
    btf_type,
    BTF_KIND_ARRAY,
    BTF_KIND_CONST,
    BTF_KIND_FUNC,
    BTF_KIND_FUNC_PROTO,
    BTF_KIND_PTR,
    BTF_KIND_RESTRICT,
    BTF_KIND_STRUCT,
    BTF_KIND_TYPEDEF,
    BTF_KIND_TYPE_TAG,
    BTF_KIND_UNION,
    BTF_KIND_VOLATILE, //
};

/// A BTF object in memory: that of the kernel, or of a module, with ids that go on after the kernel's.
///
/// # Invariants
///
/// `object` is an object of libbpf that nobody else has, on top of that in `_base`.
pub struct Btf {
    object: NonNull<btf>,
    /// Goes after `object`.
    _base: Option<Box<Btf>>,
}

impl Btf {
    /// Reads an ELF file or one of /sys/kernel/btf.
    pub fn parse(path: &Path) -> Result<Self> {
        let name = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: `name` is a string.
        let object = unsafe { btf__parse(name.as_ptr(), ptr::null_mut()) };
        let why = Error::last_os_error();
        let object = NonNull::new(object)
            .with_context(|| format!("{} has no BTF that can be read: {why}", path.display()))?;
        // INVARIANT: It has just been made.
        Ok(Self {
            object,
            _base: None,
        })
    }

    /// Reads the same of a module.
    pub fn parse_on(self, path: &Path) -> Result<Self> {
        let name = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: `name` is a string. By the type invariants, the other is an object.
        let object = unsafe { btf__parse_split(name.as_ptr(), self.object.as_ptr()) };
        let why = Error::last_os_error();
        let object = NonNull::new(object).with_context(|| {
            format!(
                "{} has no BTF, or was built with the BTF of another vmlinux: {why}",
                path.display()
            )
        })?;
        Ok(self.below(object))
    }

    /// Loads that of the running kernel.
    pub fn of_kernel() -> Result<Self> {
        // SAFETY: It has no requirements.
        let object = unsafe { btf__load_vmlinux_btf() };
        let object = NonNull::new(object).context("cannot read the kernel's BTF")?;
        // INVARIANT: It has just been made.
        Ok(Self {
            object,
            _base: None,
        })
    }

    /// Loads the BTF object `id` of a module.
    pub fn of_module(self, id: u32) -> Result<Self> {
        // SAFETY: By the type invariants.
        let object = unsafe { btf__load_from_kernel_by_id_split(id, self.object.as_ptr()) };
        let object = NonNull::new(object).context("cannot read a module's BTF")?;
        Ok(self.below(object))
    }

    /// Makes this the base of `object`, which has just been made on it.
    fn below(self, object: NonNull<btf>) -> Self {
        // INVARIANT: By what is asked for.
        Self {
            object,
            _base: Some(Box::new(self)),
        }
    }

    /// The object, which lives as long as `self`.
    pub fn as_ptr(&self) -> *const btf {
        self.object.as_ptr()
    }

    /// The id behind the last one.
    pub fn end(&self) -> u32 {
        // SAFETY: By the type invariants.
        unsafe { btf__type_cnt(self.as_ptr()) }
    }

    pub fn get(&self, id: u32) -> Option<&btf_type> {
        // SAFETY: By the type invariants.
        let ty = unsafe { btf__type_by_id(self.as_ptr(), id) };
        // SAFETY: It is NULL, or in the object, which lives as long as `self` and does not change.
        unsafe { ty.as_ref() }
    }

    pub fn name(&self, ty: &btf_type) -> &CStr {
        self.string(ty.name_off)
    }

    pub fn string(&self, offset: u32) -> &CStr {
        // SAFETY: By the type invariants.
        let name = unsafe { btf__name_by_offset(self.as_ptr(), offset) };
        if name.is_null() {
            return c"";
        }
        // SAFETY: It is a string of the object, which lives as long as `self` and does not change.
        unsafe { CStr::from_ptr(name) }
    }

    /// What a struct or union has.
    pub fn members(&self, id: u32) -> &[btf_member] {
        match self.get(id) {
            Some(ty) if matches!(kind(ty), BTF_KIND_STRUCT | BTF_KIND_UNION) => {
                // SAFETY: libbpf has checked that as many members follow.
                unsafe { behind(ty, count(ty)) }
            }
            _ => &[],
        }
    }

    /// What a prototype of a function has.
    pub fn parameters(&self, id: u32) -> &[btf_param] {
        match self.get(id) {
            Some(ty) if kind(ty) == BTF_KIND_FUNC_PROTO => {
                // SAFETY: libbpf has checked that as many parameters follow.
                unsafe { behind(ty, count(ty)) }
            }
            _ => &[],
        }
    }

    /// Of a pointer to a function, the function's prototype.
    pub fn prototype(&self, mut id: u32) -> Option<u32> {
        let mut through_pointer = false;
        loop {
            let ty = self.get(id)?;
            match kind(ty) {
                BTF_KIND_TYPEDEF | BTF_KIND_CONST => {}
                BTF_KIND_PTR if !through_pointer => through_pointer = true,
                BTF_KIND_FUNC_PROTO if through_pointer => return Some(id),
                _ => return None,
            }
            id = aim(ty);
        }
    }

    /// The types that the type `id` itself names.
    pub fn parts(&self, id: u32) -> Vec<u32> {
        let Some(ty) = self.get(id) else {
            return vec![];
        };
        match kind(ty) {
            BTF_KIND_STRUCT | BTF_KIND_UNION => {
                self.members(id).iter().map(|member| member.type_).collect()
            }
            BTF_KIND_FUNC_PROTO => {
                let params = self.parameters(id).iter().map(|param| param.type_);
                params.chain([aim(ty)]).collect()
            }
            BTF_KIND_ARRAY => {
                // SAFETY: libbpf has checked that this follows.
                let array: &[btf_array] = unsafe { behind(ty, 1) };
                vec![array[0].type_]
            }
            BTF_KIND_PTR | BTF_KIND_TYPEDEF | BTF_KIND_CONST | BTF_KIND_VOLATILE
            | BTF_KIND_RESTRICT | BTF_KIND_TYPE_TAG | BTF_KIND_FUNC => vec![aim(ty)],
            _ => vec![],
        }
    }
}

impl Drop for Btf {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; `_base` goes after it.
        unsafe { btf__free(self.object.as_ptr()) };
    }
}

pub fn kind(ty: &btf_type) -> u32 {
    (ty.info >> 24) & 0x1f
}

/// The type that a pointer, a typedef, a function and the like has.
pub fn aim(ty: &btf_type) -> u32 {
    // SAFETY: Both members of the union are such numbers.
    unsafe { ty.__bindgen_anon_1.type_ }
}

fn count(ty: &btf_type) -> usize {
    (ty.info & 0xffff) as usize
}

/// What lies behind a type.
///
/// # Safety
///
/// That is `count` of `T`.
unsafe fn behind<T>(ty: &btf_type, count: usize) -> &[T] {
    let first = ptr::from_ref(ty).wrapping_add(1).cast();
    // SAFETY: By the safety requirements of this function.
    unsafe { slice::from_raw_parts(first, count) }
}
