// SPDX-License-Identifier: GPL-2.0

//! The types and kfuncs of a module as a C header, for BPF programs. libbpf writes the C; what is
//! chosen here is which of the types are the module's own.

#![allow(unsafe_code)]

use std::collections::BTreeSet;
use std::ffi::{
    c_char,
    c_int,
    c_void,
    CStr, //
};
use std::fmt::Write;
use std::marker::PhantomData;
use std::path::Path;
use std::ptr::{
    self,
    NonNull, //
};

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::libbpf_sys::{
    __va_list_tag,
    btf_dump,
    btf_dump__dump_type,
    btf_dump__emit_type_decl,
    btf_dump__free,
    btf_dump__new,
    btf_dump_emit_type_decl_opts,
    BTF_KIND_CONST,
    BTF_KIND_DECL_TAG,
    BTF_KIND_ENUM,
    BTF_KIND_ENUM64,
    BTF_KIND_PTR,
    BTF_KIND_RESTRICT,
    BTF_KIND_STRUCT,
    BTF_KIND_TYPEDEF,
    BTF_KIND_TYPE_TAG,
    BTF_KIND_UNION,
    BTF_KIND_VOLATILE, //
};

use crate::btf::{
    aim,
    kind,
    Btf, //
};

extern "C" {
    fn vsnprintf(
        to: *mut c_char,
        size: usize,
        fmt: *const c_char,
        args: *mut __va_list_tag,
    ) -> c_int;
}

/// What libbpf writes.
///
/// # Invariants
///
/// `dump` is an object of libbpf that nobody else has. It appends to `*text`, which is a `String` on the
/// heap that only this object has.
struct Dump<'a> {
    dump: NonNull<btf_dump>,
    text: NonNull<String>,
    of: PhantomData<&'a Btf>,
}

impl<'a> Dump<'a> {
    fn new(of: &'a Btf) -> Result<Self> {
        let text = NonNull::from(Box::leak(Box::<String>::default()));
        let to = text.as_ptr().cast();
        // SAFETY: `of` is an object, which outlives the dump. `append` fits `to`.
        let dump = unsafe { btf_dump__new(of.as_ptr(), Some(append), to, ptr::null()) };
        // INVARIANT: Both have just been made.
        let dump = NonNull::new(dump).context("libbpf has no memory")?;
        Ok(Self {
            dump,
            text,
            of: PhantomData,
        })
    }

    /// Writes the type and those that C wants to see before it, each once.
    fn define(&mut self, id: u32) -> Result<()> {
        // SAFETY: By the type invariants.
        let status = unsafe { btf_dump__dump_type(self.dump.as_ptr(), id) };
        ensure!(status == 0, "libbpf cannot write type {id} in C: {status}");
        Ok(())
    }

    /// Writes the declaration of a function.
    fn declare(&mut self, name: &CStr, prototype: u32) -> Result<()> {
        let opts = btf_dump_emit_type_decl_opts {
            sz: size_of::<btf_dump_emit_type_decl_opts>() as _,
            field_name: name.as_ptr(),
            ..Default::default()
        };
        // SAFETY: By the type invariants; `opts` is valid for the call.
        let status = unsafe { btf_dump__emit_type_decl(self.dump.as_ptr(), prototype, &opts) };
        ensure!(status == 0, "libbpf cannot declare {name:?} in C: {status}");
        Ok(())
    }

    /// Takes what has been written since the last time.
    fn take(&mut self) -> String {
        // SAFETY: By the type invariants; libbpf writes only while it is called.
        std::mem::take(unsafe { self.text.as_mut() })
    }
}

impl Drop for Dump<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { btf_dump__free(self.dump.as_ptr()) };
        // SAFETY: By the type invariants it came from a `Box`, and libbpf has it no more.
        drop(unsafe { Box::from_raw(self.text.as_ptr()) });
    }
}

/// libbpf calls it with what is to be written.
unsafe extern "C" fn append(text: *mut c_void, fmt: *const c_char, args: *mut __va_list_tag) {
    // Longer than any single piece: names have at most 511 bytes, indents and types are pieces of their own.
    let mut piece = [0_u8; 4096];
    // SAFETY: The buffer has that size; `fmt` and `args` are libbpf's own and fit each other.
    let length = unsafe { vsnprintf(piece.as_mut_ptr().cast(), piece.len(), fmt, args) };
    // SAFETY: By the type invariants of `Dump`, while `btf_dump__*()` runs nobody else uses it.
    let text = unsafe { &mut *text.cast::<String>() };
    let length = usize::try_from(length).unwrap_or(0).min(piece.len() - 1);
    text.push_str(&String::from_utf8_lossy(&piece[..length]));
}

/// Finds the types of `base` that C has to see for those of the module from `start` on.
fn wanted_of_base(btf: &Btf, start: u32, roots: &[u32]) -> BTreeSet<u32> {
    let (mut wanted, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open = roots.to_vec();
    while let Some(id) = open.pop() {
        let Some(ty) = btf.get(id).filter(|_| seen.insert(id)) else {
            continue;
        };
        match kind(ty) {
            // libbpf declares what is only pointed to.
            BTF_KIND_PTR => {
                let mut aim_id = aim(ty);
                while let Some(inner) = btf.get(aim_id) {
                    match kind(inner) {
                        BTF_KIND_CONST | BTF_KIND_VOLATILE | BTF_KIND_RESTRICT
                        | BTF_KIND_TYPE_TAG => aim_id = aim(inner),
                        BTF_KIND_STRUCT | BTF_KIND_UNION => break,
                        _ => {
                            open.push(aim_id);
                            break;
                        }
                    }
                }
            }
            BTF_KIND_TYPEDEF | BTF_KIND_STRUCT | BTF_KIND_UNION | BTF_KIND_ENUM
            | BTF_KIND_ENUM64
                if id < start =>
            {
                wanted.insert(id);
            }
            _ => open.extend(btf.parts(id)),
        }
    }
    wanted
}

/// Returns the header for the module in the file `module`, which was built for the kernel with the BTF in
/// `vmlinux`: an ELF file, or one of /sys/kernel/btf.
///
/// A program includes it behind `vmlinux.h`, or alone: then it brings what it needs of the kernel's types.
pub fn of_module(module: &Path, vmlinux: &Path) -> Result<String> {
    let base = Btf::parse(vmlinux)?;
    let start = base.end();
    let btf = base.parse_on(module)?;
    let end = btf.end();
    ensure!(start < end, "{} has no BTF of its own", module.display());

    let of_kernel: BTreeSet<_> = (1..start)
        .filter_map(|id| btf.get(id))
        .filter(|ty| kind(ty) == BTF_KIND_TYPEDEF)
        .map(|ty| btf.name(ty))
        .collect();
    let (mut types, mut copies, mut offered, mut kfuncs) = (vec![], vec![], vec![], vec![]);
    for id in start..end {
        let Some(ty) = btf.get(id) else { continue };
        let name = btf.name(ty);
        match kind(ty) {
            BTF_KIND_TYPEDEF if of_kernel.contains(name) => copies.push(id),
            // Only the kernel's core looks for it. The type may be the kernel's own.
            BTF_KIND_STRUCT if name.to_bytes().starts_with(b"bpf_struct_ops_") => {
                offered.extend(btf.members(id).get(1).map(|member| member.type_));
            }
            // Only the crate looks for it.
            BTF_KIND_STRUCT if name.to_bytes().starts_with(b"struct_ops_") => {}
            BTF_KIND_STRUCT | BTF_KIND_UNION | BTF_KIND_ENUM | BTF_KIND_ENUM64
            | BTF_KIND_TYPEDEF => types.push(id),
            BTF_KIND_DECL_TAG if name == c"bpf_kfunc" => {
                let function = btf.get(aim(ty)).context("a kfunc without a function")?;
                kfuncs.push((btf.name(function), aim(function)));
            }
            _ => {}
        }
    }
    kfuncs.sort();
    let roots = types.iter().copied().chain(offered);
    let roots: Vec<_> = roots
        .chain(kfuncs.iter().map(|(_, proto)| *proto))
        .collect();

    // A module with a .BTF.base has typedefs of its own under the names of the kernel's. libbpf gives
    // the name to the first that it writes and a number to the next, so they go first, and those that
    // bring structs of the kernel, which bring the kernel's, after the others.
    copies.sort_by_key(|id| !wanted_of_base(&btf, start, &[*id]).is_empty());
    let mut dump = Dump::new(&btf)?;
    for id in copies {
        dump.define(id)?;
    }
    for id in wanted_of_base(&btf, start, &roots) {
        dump.define(id)?;
    }
    let of_base = dump.take();
    for id in types {
        dump.define(id)?;
    }
    let of_module = dump.take();

    let file = module.file_stem().context("no file name")?;
    let name = file.to_string_lossy().replace('-', "_");
    let guard = format!("__{}_H__", name.to_uppercase());
    let mut text = format!(
        "/* Made of the BTF of {name}.ko by `struct-ops header`. Needs vmlinux.h before it, or nothing. */\n\
         #ifndef {guard}\n#define {guard}\n\n\
         #ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n\
         #pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n\
         #endif\n\n"
    );
    if !of_base.is_empty() {
        write!(text, "#ifndef __VMLINUX_H__\n\n{of_base}\n#endif\n\n")?;
    }
    text += &of_module;
    if !kfuncs.is_empty() {
        text += "\n#ifndef __ksym\n#define __ksym __attribute__((section(\".ksyms\")))\n#endif\n\
                 #ifndef __weak\n#define __weak __attribute__((weak))\n#endif\n\n\
                 #ifndef BPF_NO_KFUNC_PROTOTYPES\n";
        for (name, proto) in kfuncs {
            dump.declare(name, proto)?;
            writeln!(text, "extern {} __weak __ksym;", dump.take())?;
        }
        text += "#endif\n";
    }
    text +=
        "\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n#endif\n";
    Ok(text)
}
