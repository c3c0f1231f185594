// SPDX-License-Identifier: GPL-2.0

//! Whether a machine can run struct_ops programs, and what is missing.

use std::fs;
use std::path::Path;

use anyhow::Result;
use libbpf_rs::MapType;

use crate::{
    check,
    list, //
};

/// An answer.
pub struct Finding {
    /// Is it as it should be?
    pub ok: bool,
    /// What was looked at, and found.
    pub what: String,
    /// What mends it.
    pub mend: Option<&'static str>,
}

/// Looks at the machine.
pub fn examine() -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut look = |ok: bool, good: String, bad: &str, mend: &'static str| {
        findings.push(Finding {
            ok,
            what: if ok { good } else { bad.to_owned() },
            mend: (!ok).then_some(mend),
        });
    };
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();

    let root = rustix::process::geteuid().is_root();
    look(root, "root".into(), "not root", "run it with sudo");
    let btf = Path::new("/sys/kernel/btf/vmlinux").exists();
    look(
        btf,
        "the kernel has BTF".into(),
        "the kernel has no BTF",
        "a kernel with CONFIG_DEBUG_INFO_BTF=y",
    );
    let supported = MapType::StructOps.is_supported().unwrap_or(false);
    look(
        supported,
        "the kernel has struct_ops".into(),
        "the kernel has no struct_ops, or it may not be used",
        "a kernel with CONFIG_BPF_SYSCALL=y and CONFIG_BPF_JIT=y; CAP_BPF",
    );
    let jit = read("/proc/sys/net/core/bpf_jit_enable");
    look(
        jit.trim() != "0",
        "programs are compiled".into(),
        "programs are not compiled",
        "sysctl net.core.bpf_jit_enable=1",
    );
    let mounts = read("/proc/mounts");
    let bpffs = mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some(words.next()?).filter(|_| words.next() == Some("bpf"))
    });
    look(
        bpffs.is_some(),
        format!("a bpffs is at {}", bpffs.unwrap_or_default()),
        "no bpffs: links cannot be pinned",
        "mount -t bpf bpffs /sys/fs/bpf",
    );
    let lockdown = read("/sys/kernel/security/lockdown");
    look(
        !lockdown.contains("[confidentiality]"),
        "lockdown allows BPF".into(),
        "lockdown is on for confidentiality: programs cannot read the kernel",
        "boot without lockdown=confidentiality",
    );
    let signed = lockdown.contains("[integrity]")
        || read("/sys/module/module/parameters/sig_enforce").trim() == "Y";
    look(
        !signed,
        "modules load without a signature".into(),
        "modules need a signature",
        "sign them, or turn Secure Boot off",
    );
    if btf {
        let with_types = check::modules_with_btf()?
            .into_iter()
            .filter_map(|name| {
                Some((
                    check::types_of(&name)
                        .ok()
                        .filter(|types| !types.is_empty())?,
                    name,
                ))
            })
            .map(|(types, name)| format!("{name} ({})", types.join(", ")))
            .collect::<Vec<_>>();
        look(
            !with_types.is_empty(),
            format!("modules with types: {}", with_types.join(", ")),
            "no module with a struct_ops type is loaded: there are those of the kernel only",
            "modprobe or insmod it",
        );
    }
    if supported {
        let maps = list::maps().map_or(0, |maps| maps.len());
        look(true, format!("{maps} struct_ops maps"), "", "");
    }
    Ok(findings)
}
