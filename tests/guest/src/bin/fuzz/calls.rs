// SPDX-License-Identifier: GPL-2.0

//! Single calls of `bpf(2)`, with anything as their arguments.

use std::ffi::{
    c_int,
    CString, //
};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use guest_tests::stress::{
    checked,
    opened, //
};
use libbpf_rs::libbpf_sys::{
    self,
    bpf_insn,
    bpf_map_create_opts,
    bpf_prog_load_opts,
    bpf_test_run_opts, //
};
use rustix::io::Errno;

type Result<T> = std::result::Result<T, Errno>;

/// No value of a map here is longer.
const LONGEST: usize = 4096;

/// A BTF object with one type: maps have to name one that is not the kernel's.
pub fn any_btf() -> Result<OwnedFd> {
    // The header, `int` and the strings; see include/uapi/linux/btf.h.
    let words: [u32; 10] = [0x1_eb9f, 24, 0, 16, 16, 5, 1, 1 << 24, 4, (1 << 24) | 32];
    let mut data: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    data.extend(b"\0int\0");
    // SAFETY: The data is as long as it is said to be. The options may be null.
    opened(unsafe {
        libbpf_sys::bpf_btf_load(data.as_ptr().cast(), data.len() as _, ptr::null_mut())
    })
}

/// How a program is to be loaded. File descriptors are plain numbers here and below: any may be wrong.
pub struct Load<'a> {
    pub kind: u32,
    pub insns: &'a [bpf_insn],
    pub type_id: u32,
    pub member: u32,
    pub flags: u32,
    pub btf: c_int,
}

pub fn load(load: &Load<'_>) -> Result<OwnedFd> {
    let fds = [0, load.btf];
    let struct_ops = load.kind == libbpf_sys::BPF_PROG_TYPE_STRUCT_OPS;
    let mut opts = bpf_prog_load_opts {
        sz: size_of::<bpf_prog_load_opts>() as _,
        attempts: 1,
        expected_attach_type: load.member,
        prog_flags: load.flags,
        attach_btf_id: load.type_id,
        attach_btf_obj_fd: if struct_ops { load.btf as _ } else { 0 },
        fd_array: fds.as_ptr(),
        ..Default::default()
    };
    // SAFETY: Everything that is pointed to is valid, and there are that many instructions.
    opened(unsafe {
        libbpf_sys::bpf_prog_load(
            load.kind,
            ptr::null(),
            c"GPL".as_ptr(),
            load.insns.as_ptr(),
            load.insns.len() as _,
            &raw mut opts,
        )
    })
}

/// Creates a map. `btf` is that of a module with the value type `value_id`, if it is not 0.
pub fn create(
    kind: u32,
    size: u32,
    entries: u32,
    flags: u32,
    value_id: u32,
    fds: [c_int; 2],
) -> Result<OwnedFd> {
    let [any_btf, btf] = fds;
    let opts = bpf_map_create_opts {
        sz: size_of::<bpf_map_create_opts>() as _,
        btf_fd: if value_id == 0 { 0 } else { any_btf as _ },
        btf_vmlinux_value_type_id: value_id,
        value_type_btf_obj_fd: if value_id == 0 { 0 } else { btf },
        map_flags: flags,
        ..Default::default()
    };
    // SAFETY: The name may be null, and `opts` is valid.
    opened(unsafe {
        libbpf_sys::bpf_map_create(kind, ptr::null(), 4, size, entries, &raw const opts)
    })
}

/// Sets the value of a map. What is not there of it is zero.
pub fn update(map: c_int, key: u32, value: &[u8], flags: u64) -> Result<()> {
    let mut whole = vec![0; LONGEST.max(value.len())];
    whole[..value.len()].copy_from_slice(value);
    // SAFETY: The key is 4 bytes, as that of each map here. No map here has a longer value.
    let ret = unsafe {
        libbpf_sys::bpf_map_update_elem(map, (&raw const key).cast(), whole.as_ptr().cast(), flags)
    };
    checked(ret).map(drop)
}

pub fn delete(map: c_int, key: u32) -> Result<()> {
    // SAFETY: The key is 4 bytes, as that of each map here.
    checked(unsafe { libbpf_sys::bpf_map_delete_elem(map, (&raw const key).cast()) }).map(drop)
}

pub fn look_up(map: c_int, key: u32) -> Result<()> {
    let mut value = [0u8; LONGEST];
    // SAFETY: The key is 4 bytes, and no map here has a longer value.
    let ret = unsafe {
        libbpf_sys::bpf_map_lookup_elem(map, (&raw const key).cast(), value.as_mut_ptr().cast())
    };
    checked(ret).map(drop)
}

pub fn bind(program: c_int, map: c_int) -> Result<()> {
    // SAFETY: The options may be null.
    checked(unsafe { libbpf_sys::bpf_prog_bind_map(program, map, ptr::null()) }).map(drop)
}

pub fn associate(program: c_int, map: c_int) -> Result<()> {
    // SAFETY: The options may be null.
    checked(unsafe { libbpf_sys::bpf_prog_assoc_struct_ops(program, map, ptr::null_mut()) })
        .map(drop)
}

pub fn test_run(program: c_int) -> Result<()> {
    let mut opts = bpf_test_run_opts {
        sz: size_of::<bpf_test_run_opts>() as _,
        ..Default::default()
    };
    // SAFETY: `opts` is valid.
    checked(unsafe { libbpf_sys::bpf_prog_test_run_opts(program, &raw mut opts) }).map(drop)
}

pub fn info(fd: c_int) -> Result<()> {
    let mut info = [0u8; 64];
    let mut len = info.len() as u32;
    // SAFETY: `info` is as long as `len` says.
    checked(unsafe {
        libbpf_sys::bpf_obj_get_info_by_fd(fd, info.as_mut_ptr().cast(), &raw mut len)
    })
    .map(drop)
}

pub fn pin(fd: c_int, path: &Path) -> Result<()> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::INVAL)?;
    // SAFETY: It is a string.
    checked(unsafe { libbpf_sys::bpf_obj_pin(fd, path.as_ptr()) }).map(drop)
}

pub fn get(path: &Path) -> Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::INVAL)?;
    // SAFETY: It is a string.
    opened(unsafe { libbpf_sys::bpf_obj_get(path.as_ptr()) })
}

/// The map with the id behind `id`, if there is one.
pub fn map_behind(id: u32) -> Option<(u32, Result<OwnedFd>)> {
    let mut next = 0;
    // SAFETY: `next` is valid.
    checked(unsafe { libbpf_sys::bpf_map_get_next_id(id, &raw mut next) }).ok()?;
    // SAFETY: It takes a number.
    let map = opened(unsafe { libbpf_sys::bpf_map_get_fd_by_id(next) });
    Some((next, map))
}
