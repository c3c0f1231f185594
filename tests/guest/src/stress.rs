// SPDX-License-Identifier: GPL-2.0

//! The types of stress.ko, by single calls of `bpf(2)`: libbpf's own loader makes many.

use std::ffi::{
    c_int,
    CStr, //
};
use std::os::fd::{
    AsFd,
    AsRawFd,
    BorrowedFd,
    FromRawFd,
    OwnedFd, //
};
use std::ptr;

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::libbpf_sys::{
    self,
    bpf_btf_info,
    bpf_insn,
    bpf_link_update_opts,
    bpf_map_create_opts,
    bpf_map_info,
    bpf_prog_info,
    bpf_prog_load_opts, //
};
use libbpf_rs::{
    MapCore,
    MapInfo,
    Object,
    ObjectBuilder, //
};
use rustix::fs::{
    Mode,
    OFlags, //
};
use rustix::io::Errno;
use struct_ops_user::types::{
    Type,
    Types, //
};

use crate::env::STRESS;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stress.o"));

/// In a value, the table is behind `struct bpf_struct_ops_common_value`, in a cache line of its own.
const TABLE: usize = 64;
/// Where `stress_order_ops` has its priority: behind its callback.
const PRIORITY: usize = 8;

/// An open `/dev/stress`. It holds the module.
pub struct Device(OwnedFd);

impl Device {
    /// Opens it.
    pub fn open() -> Result<Self, Errno> {
        rustix::fs::open(
            "/dev/stress",
            OFlags::WRONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .map(Self)
    }

    /// Has the module do something; see `stress_main.rs`.
    pub fn command(&self, command: &str) -> Result<(), Errno> {
        rustix::io::write(&self.0, command.as_bytes()).map(drop)
    }
}

/// The types of the module that are registered.
pub fn registered(types: &Types) -> Result<Vec<Type>> {
    let mut types = types.list()?;
    types.retain(|each| each.module == STRESS);
    Ok(types)
}

/// Opens the BTF object `id`.
pub fn btf(id: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: The function takes a number.
    opened(unsafe { libbpf_sys::bpf_btf_get_fd_by_id(id) })
}

/// Opens the BTF object of a module, whatever others load meanwhile.
pub fn btf_of(module: &str) -> Result<OwnedFd, Errno> {
    let (mut id, mut found) = (0, Err(Errno::NOENT));
    // SAFETY: `id` is valid.
    while unsafe { libbpf_sys::bpf_btf_get_next_id(id, &raw mut id) } == 0 {
        // That of a program may be gone by now.
        let Ok(btf) = btf(id) else { continue };
        let mut name = [0u8; 64];
        let mut info = bpf_btf_info {
            name: name.as_mut_ptr() as u64,
            name_len: name.len() as u32,
            ..Default::default()
        };
        let mut len = size_of::<bpf_btf_info>() as u32;
        let to = (&raw mut info).cast();
        // SAFETY: `info` is as long as `len` says, and so is the name in it.
        checked(unsafe { libbpf_sys::bpf_obj_get_info_by_fd(btf.as_raw_fd(), to, &raw mut len) })?;
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        if info.kernel_btf != 0 && name.to_bytes() == module.as_bytes() {
            found = Ok(btf);
        }
    }
    found
}

/// What libbpf returned.
pub fn checked(ret: c_int) -> Result<c_int, Errno> {
    if ret < 0 {
        return Err(Errno::from_raw_os_error(-ret));
    }
    Ok(ret)
}

/// The same of a file descriptor that has just been opened for us.
pub fn opened(ret: c_int) -> Result<OwnedFd, Errno> {
    let fd = checked(ret)?;
    // SAFETY: The kernel has just opened the file descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A type of the module, and a program that implements its member `call`.
pub struct Kind {
    /// The name of the type.
    pub name: &'static str,
    prog_flags: u32,
    /// The index of the member that the program is for.
    member: u32,
    insns: Vec<bpf_insn>,
    type_id: u32,
    map: bpf_map_info,
    /// Maps have to name some BTF that is not the kernel's.
    any_btf: OwnedFd,
}

impl Kind {
    /// Both types. The kernel is asked for the ids that libbpf has given it; they stay the same when
    /// the module is loaded again. `stress_ops` has to be registered.
    pub fn both() -> Result<[Self; 2]> {
        let object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;

        Ok([
            Self::of(&object, "stress_ops", "many", "many_call", 0)?,
            Self::of(
                &object,
                "stress_order_ops",
                "order",
                "order_call",
                libbpf_sys::BPF_F_SLEEPABLE,
            )?,
        ])
    }

    /// A type of any module, by a map of it and a program for its first member.
    pub fn of(
        object: &Object,
        name: &'static str,
        map: &str,
        program: &str,
        prog_flags: u32,
    ) -> Result<Self> {
        let program = object.progs().find(|each| each.name() == program);
        let program = program.context("no program")?;
        let map = object.maps().find(|each| each.name() == map);
        let map = MapInfo::new(map.context("no map")?.as_fd())?.info;
        Ok(Self {
            name,
            prog_flags,
            member: 0,
            insns: program.insns().to_vec(),
            type_id: type_of(program.as_fd())?,
            any_btf: btf(map.btf_id)?,
            map,
        })
    }

    /// The same with a program for another member.
    pub fn at(self, member: u32) -> Self {
        Self { member, ..self }
    }

    /// Another type whose first member is such a callback, with its ids and the size of its values.
    pub fn like(
        &self,
        name: &'static str,
        type_id: u32,
        value_id: u32,
        value_size: u32,
    ) -> Result<Self> {
        let map = bpf_map_info {
            btf_vmlinux_value_type_id: value_id,
            value_size,
            ..self.map
        };
        Ok(Self {
            name,
            prog_flags: self.prog_flags,
            member: 0,
            insns: self.insns.clone(),
            type_id,
            map,
            any_btf: self.any_btf.try_clone()?,
        })
    }

    /// Loads the program. `btf` is that of the module.
    pub fn load(&self, btf: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
        let mut opts = bpf_prog_load_opts {
            sz: size_of::<bpf_prog_load_opts>() as _,
            attempts: 1,
            expected_attach_type: self.member,
            prog_flags: self.prog_flags,
            attach_btf_id: self.type_id,
            attach_btf_obj_fd: btf.as_raw_fd() as _,
            ..Default::default()
        };
        // SAFETY: Everything that is pointed to is valid, and there are that many instructions.
        opened(unsafe {
            libbpf_sys::bpf_prog_load(
                libbpf_sys::BPF_PROG_TYPE_STRUCT_OPS,
                ptr::null(),
                c"GPL".as_ptr(),
                self.insns.as_ptr(),
                self.insns.len() as _,
                &raw mut opts,
            )
        })
    }

    /// Creates a map. `btf` is that of the module.
    pub fn create(&self, btf: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
        let like = &self.map;
        let opts = bpf_map_create_opts {
            sz: size_of::<bpf_map_create_opts>() as _,
            btf_fd: self.any_btf.as_raw_fd() as _,
            btf_vmlinux_value_type_id: like.btf_vmlinux_value_type_id,
            value_type_btf_obj_fd: btf.as_raw_fd(),
            map_flags: like.map_flags | libbpf_sys::BPF_F_VTYPE_BTF_OBJ_FD,
            ..Default::default()
        };
        // SAFETY: The name may be null, and `opts` is valid.
        opened(unsafe {
            libbpf_sys::bpf_map_create(
                libbpf_sys::BPF_MAP_TYPE_STRUCT_OPS,
                ptr::null(),
                like.key_size,
                like.value_size,
                like.max_entries,
                &raw const opts,
            )
        })
    }

    /// Gives a map its value: `program` as the member `call`. A map takes only one.
    pub fn update(&self, map: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<(), Errno> {
        self.update_at(map, program, 0)
    }

    /// The same with a priority, if the type has one: tables of another are called in another order.
    pub fn update_at(
        &self,
        map: BorrowedFd<'_>,
        program: BorrowedFd<'_>,
        priority: u32,
    ) -> Result<(), Errno> {
        let call = (program.as_raw_fd() as u64).to_ne_bytes();
        let priority = priority.to_ne_bytes();
        let members = [(0, &call[..]), (PRIORITY, &priority[..])];
        let has_priority = self.name == "stress_order_ops";
        self.set(map, &members[..1 + usize::from(has_priority)])
    }

    /// Gives a map its value: what is not zero in the table, by its offset.
    pub fn set(&self, map: BorrowedFd<'_>, members: &[(usize, &[u8])]) -> Result<(), Errno> {
        let key = 0u32;
        let mut value = vec![0u8; self.map.value_size as usize];
        for (offset, bytes) in members {
            value[TABLE + offset..][..bytes.len()].copy_from_slice(bytes);
        }
        // SAFETY: The key and the value are valid, and as long as those of the map.
        checked(unsafe {
            libbpf_sys::bpf_map_update_elem(
                map.as_raw_fd(),
                (&raw const key).cast(),
                value.as_ptr().cast(),
                0,
            )
        })
        .map(drop)
    }
}

/// The type that a program is for, by the id in its BTF.
pub fn type_of(program: BorrowedFd<'_>) -> Result<u32, Errno> {
    let mut info = bpf_prog_info::default();
    let mut len = size_of::<bpf_prog_info>() as u32;
    // SAFETY: `info` and `len` are valid, and `info` is as long as `len` says.
    checked(unsafe {
        libbpf_sys::bpf_obj_get_info_by_fd(
            program.as_raw_fd(),
            (&raw mut info).cast(),
            &raw mut len,
        )
    })?;
    Ok(info.attach_btf_id)
}

/// Attaches a map.
pub fn link(map: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: The options may be null.
    opened(unsafe {
        libbpf_sys::bpf_link_create(map.as_raw_fd(), 0, libbpf_sys::BPF_STRUCT_OPS, ptr::null())
    })
}

/// Attaches `map` in the place of the map that `link` has attached; with `old`, only if it is that.
pub fn update_link(
    link: BorrowedFd<'_>,
    map: BorrowedFd<'_>,
    old: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    let opts = bpf_link_update_opts {
        sz: size_of::<bpf_link_update_opts>() as _,
        flags: old.map_or(0, |_| libbpf_sys::BPF_F_REPLACE),
        old_map_fd: old.map_or(0, |old| old.as_raw_fd() as _),
        ..Default::default()
    };
    // SAFETY: `opts` is valid.
    checked(unsafe {
        libbpf_sys::bpf_link_update(link.as_raw_fd(), map.as_raw_fd(), &raw const opts)
    })
    .map(drop)
}

/// Detaches what `link` has attached; the link stays.
pub fn detach(link: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: The function takes a number.
    checked(unsafe { libbpf_sys::bpf_link_detach(link.as_raw_fd()) }).map(drop)
}
