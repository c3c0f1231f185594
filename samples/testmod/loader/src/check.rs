// SPDX-License-Identifier: GPL-2.0

//! Questions to ask first, because the kernel's own answer would be a bare error number.

use std::fs;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::MapType;

/// Where the kernel shows its BTF and that of its modules, one file each.
const BTF_DIR: &str = "/sys/kernel/btf";

/// Fails unless the caller is root and the kernel has struct_ops.
pub fn environment() -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "this needs root: run it with sudo"
    );
    ensure!(
        fs::exists(format!("{BTF_DIR}/vmlinux"))?,
        "this kernel has no BTF: build it with CONFIG_DEBUG_INFO_BTF=y"
    );
    ensure!(
        MapType::StructOps.is_supported().unwrap_or(false),
        "this kernel has no struct_ops: build it with CONFIG_BPF_SYSCALL=y and CONFIG_BPF_JIT=y"
    );
    Ok(())
}

/// Returns who offers the struct_ops type `name`: a module, or `vmlinux` for the kernel itself.
///
/// The value type `bpf_struct_ops_<name>` exists for no other reason, so finding its name among the
/// strings of somebody's BTF is enough.
pub fn offered_by(name: &str) -> Result<Option<String>> {
    let wanted = format!("\0bpf_struct_ops_{name}\0");

    for entry in fs::read_dir(BTF_DIR).context(BTF_DIR)? {
        let entry = entry?;
        // A module may go away between the listing and the reading.
        let Ok(btf) = fs::read(entry.path()) else {
            continue;
        };
        if contains(&btf, wanted.as_bytes()) {
            return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

/// Tells whether the loaded module `name` brought BTF.
pub fn module_has_btf(name: &str) -> Result<bool> {
    Ok(fs::exists(format!("{BTF_DIR}/{name}"))?)
}

/// Tells whether the object file `elf` has a section called `.BTF`.
pub(crate) fn has_btf_section(elf: &[u8]) -> bool {
    contains(elf, b"\0.BTF\0")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .split_inclusive(|byte| *byte == 0)
        .any(|piece| piece.len() == needle.len() - 1 && *piece == needle[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_strings_only() {
        let strings = b"\0bpf_struct_ops_a\0bpf_struct_ops_ab\0";

        assert!(contains(strings, b"\0bpf_struct_ops_a\0"));
        assert!(contains(strings, b"\0bpf_struct_ops_ab\0"));
        assert!(!contains(strings, b"\0bpf_struct_ops_b\0"));
        assert!(!contains(strings, b"\0struct_ops_a\0"));
    }

    #[test]
    fn btf_section() {
        assert!(has_btf_section(b"\0.text\0.BTF\0.BTF.base\0"));
        assert!(!has_btf_section(b"\0.text\0.BTF.base\0"));
    }
}
