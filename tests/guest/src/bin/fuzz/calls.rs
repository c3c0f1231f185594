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
    bpf_test_run_opts,
    BPF_F_MMAPABLE,
    BPF_F_TOKEN_FD,
    BPF_MAP_TYPE_ARENA,
    BPF_MAP_TYPE_ARRAY,
    BPF_MAP_TYPE_STRUCT_OPS,
    BTF_KIND_INT,
    BTF_KIND_PTR,
    BTF_KIND_STRUCT,
    BTF_KIND_TYPE_TAG, //
};
use libbpf_rs::{
    AsRawLibbpf,
    Program, //
};
use rustix::io::Errno;

type Result<T> = std::result::Result<T, Errno>;

/// No value of a map here is longer.
const LONGEST: usize = 4096;

/// A BTF object: maps have to name one that is not the kernel's. It has `int`, and the value of a map that
/// keeps a lease: `struct kept { struct lease __kptr *lease; }`.
pub fn any_btf() -> Result<OwnedFd> {
    const STRINGS: &[u8] = b"\0int\0lease\0kptr\0kept\0";
    // Each is a name, a kind, and what it is of or its size; see include/uapi/linux/btf.h.
    const TYPES: [u32; 19] = [
        1,
        BTF_KIND_INT << 24,
        4,
        (1 << 24) | 32, //
        5,
        BTF_KIND_STRUCT << 24,
        0, //
        11,
        BTF_KIND_TYPE_TAG << 24,
        LEASE, //
        0,
        BTF_KIND_PTR << 24,
        LEASE + 1, //
        16,
        (BTF_KIND_STRUCT << 24) | 1,
        8,
        5,
        LEASE + 2,
        0, //
    ];
    const TYPES_LEN: u32 = size_of_val(&TYPES) as u32;
    let header: [u32; 6] = [0x1_eb9f, 24, 0, TYPES_LEN, TYPES_LEN, STRINGS.len() as u32];
    let words = header.iter().chain(&TYPES);
    let mut data: Vec<u8> = words.flat_map(|word| word.to_ne_bytes()).collect();
    data.extend(STRINGS);
    // SAFETY: The data is as long as it is said to be. The options may be null.
    opened(unsafe {
        libbpf_sys::bpf_btf_load(data.as_ptr().cast(), data.len() as _, ptr::null_mut())
    })
}

// The ids of types in it.
const INT: u32 = 1;
const LEASE: u32 = 2;
const KEPT: u32 = 5;

/// How a program is to be loaded. File descriptors are plain numbers here and below: any may be wrong.
pub struct Load<'a> {
    pub kind: u32,
    pub insns: &'a [bpf_insn],
    pub type_id: u32,
    pub member: u32,
    pub flags: u32,
    pub btf: c_int,
    /// That gives the right to.
    pub token: Option<c_int>,
}

pub fn load(load: &Load<'_>) -> Result<OwnedFd> {
    let fds = [0, load.btf];
    let struct_ops = load.kind == libbpf_sys::BPF_PROG_TYPE_STRUCT_OPS;
    let mut opts = bpf_prog_load_opts {
        sz: size_of::<bpf_prog_load_opts>() as _,
        attempts: 1,
        expected_attach_type: load.member,
        prog_flags: load.flags | load.token.map_or(0, |_| BPF_F_TOKEN_FD),
        token_fd: load.token.unwrap_or(0) as _,
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

/// Creates a map with keys of 4 bytes.
fn create_with(kind: u32, size: u32, entries: u32, opts: bpf_map_create_opts) -> Result<OwnedFd> {
    let opts = bpf_map_create_opts {
        sz: size_of::<bpf_map_create_opts>() as _,
        ..opts
    };
    let key_size = if kind == BPF_MAP_TYPE_ARENA { 0 } else { 4 };
    // SAFETY: The name may be null, and `opts` is valid.
    opened(unsafe {
        libbpf_sys::bpf_map_create(kind, ptr::null(), key_size, size, entries, &raw const opts)
    })
}

/// A map that needs nothing else, by the right of a token if there is one.
pub fn create(kind: u32, size: u32, entries: u32, token: Option<c_int>) -> Result<OwnedFd> {
    create_with(kind, size, entries, by_token(token))
}

/// What a map is created with for that.
fn by_token(token: Option<c_int>) -> bpf_map_create_opts {
    bpf_map_create_opts {
        map_flags: token.map_or(0, |_| BPF_F_TOKEN_FD),
        token_fd: token.unwrap_or(0) as _,
        ..Default::default()
    }
}

/// A map with values of the type `value_id` in `btf`, which is that of a module.
pub fn create_struct_ops(
    size: u32,
    flags: u32,
    value_id: u32,
    any_btf: c_int,
    btf: c_int,
    token: Option<c_int>,
) -> Result<OwnedFd> {
    let by_token = by_token(token);
    let opts = bpf_map_create_opts {
        btf_fd: any_btf as _,
        btf_vmlinux_value_type_id: value_id,
        value_type_btf_obj_fd: btf,
        map_flags: flags | by_token.map_flags,
        ..by_token
    };
    create_with(BPF_MAP_TYPE_STRUCT_OPS, size, 1, opts)
}

/// A map that keeps a lease, or none.
pub fn create_store(any_btf: c_int) -> Result<OwnedFd> {
    let opts = bpf_map_create_opts {
        btf_fd: any_btf as _,
        btf_key_type_id: INT,
        btf_value_type_id: KEPT,
        ..Default::default()
    };
    create_with(BPF_MAP_TYPE_ARRAY, 8, 1, opts)
}

/// An arena, where nothing else is in user space.
pub fn create_arena(pages: u32) -> Result<OwnedFd> {
    let opts = bpf_map_create_opts {
        map_flags: BPF_F_MMAPABLE,
        map_extra: 1 << 44,
        ..Default::default()
    };
    create_with(BPF_MAP_TYPE_ARENA, 0, pages, opts)
}

/// Which member of its type a program of libbpf is for.
pub fn member_of(program: &Program<'_>) -> u32 {
    // SAFETY: It is a program.
    unsafe { libbpf_sys::bpf_program__expected_attach_type(program.as_libbpf_object().as_ptr()) }
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
