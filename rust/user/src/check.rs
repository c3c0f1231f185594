// SPDX-License-Identifier: GPL-2.0

//! Questions to ask first, because the kernel's own answer would be a bare error number.

use std::fs;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::query::BtfInfoIter;
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

/// Tells whether the kernel has the BPF iterator `struct_ops`.
pub fn has_types_iterator() -> Result<bool> {
    let path = format!("{BTF_DIR}/vmlinux");
    let btf = fs::read(&path).context(path)?;
    Ok(has_string(&btf, "bpf_iter__struct_ops"))
}

/// Returns who offers the struct_ops type `name`: modules, or `vmlinux` for the kernel itself. The first
/// is the one that libbpf takes: it looks at the kernel, and then at modules in the order of their BTF.
///
/// The value type `bpf_struct_ops_<name>` exists for no other reason, so finding its name among the
/// strings of somebody's BTF is enough.
pub fn offering(name: &str) -> Result<Vec<String>> {
    let wanted = format!("bpf_struct_ops_{name}");
    let mut order: Vec<_> = BtfInfoIter::default().collect();
    order.sort_by_key(|btf| btf.id);

    Ok(order
        .into_iter()
        // Those of programs have no name.
        .filter_map(|btf| btf.name.into_string().ok().filter(|name| !name.is_empty()))
        // A module may go away between the listing and the reading.
        .filter(|owner| {
            fs::read(format!("{BTF_DIR}/{owner}")).is_ok_and(|btf| has_string(&btf, &wanted))
        })
        .collect())
}

/// Names of the struct_ops types that a module, or `vmlinux`, has.
pub fn types_of(owner: &str) -> Result<Vec<String>> {
    const PREFIX: &[u8] = b"bpf_struct_ops_";
    let path = format!("{BTF_DIR}/{owner}");
    let btf = fs::read(&path).context(path)?;
    let values = btf
        .split(|byte| *byte == 0)
        .filter_map(|name| name.strip_prefix(PREFIX));
    // These belong to the core.
    let types =
        values.filter(|name| !matches!(*name, b"common_value" | b"desc" | b"map" | b"link" | b""));
    Ok(types
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect())
}

/// The modules that have BTF.
pub fn modules_with_btf() -> Result<Vec<String>> {
    let entries = fs::read_dir(BTF_DIR).context(BTF_DIR)?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name != "vmlinux").collect();
    names.sort();
    Ok(names)
}

/// Tells whether the loaded module `name` brought BTF.
pub fn module_has_btf(name: &str) -> Result<bool> {
    Ok(fs::exists(format!("{BTF_DIR}/{name}"))?)
}

/// Tells whether the object file `elf` has a section called `.BTF`.
pub(crate) fn has_btf_section(elf: &[u8]) -> bool {
    has_string(elf, ".BTF")
}

/// Tells whether `wanted` is among the strings in `bytes`, each of which ends with a zero.
fn has_string(bytes: &[u8], wanted: &str) -> bool {
    bytes
        .split(|byte| *byte == 0)
        .any(|string| string == wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::has_string;

    #[test]
    fn whole_strings_only() {
        let strings = b"\0.text\0.BTF.base\0bpf_struct_ops_ab\0";

        assert!(has_string(strings, "bpf_struct_ops_ab"));
        assert!(!has_string(strings, "bpf_struct_ops_a"));
        assert!(!has_string(strings, "struct_ops_ab"));
        assert!(!has_string(strings, ".BTF"));
    }
}
