// SPDX-License-Identifier: GPL-2.0

//! The structs of the kernel that have to do with `execve(2)`, which `bindings` does not have.

use crate::Text;
use core::mem::{
    offset_of,
    size_of, //
};
use kernel::{
    bindings,
    ffi::c_char,
    prelude::*, //
};

/// `struct linux_binprm`, up to what is used here. C compares it, see [`CHECKED`].
#[repr(C)]
pub(super) struct LinuxBinprm {
    #[cfg(CONFIG_MMU)]
    vma: *mut c_void,
    #[cfg(CONFIG_MMU)]
    vma_pages: usize,
    #[cfg(CONFIG_MMU)]
    argmin: usize,
    mm: *mut c_void,
    old_mm: *mut c_void,
    user_ns: *mut c_void,
    p: usize,
    bits: u32,
    executable: *mut bindings::file,
    pub(super) interpreter: *mut bindings::file,
    pub(super) loader: *mut bindings::file,
    file: *mut bindings::file,
    cred: *mut c_void,
    r#unsafe: c_int,
    per_clear: c_uint,
    pub(super) argc: c_int,
    envc: c_int,
    filename: *const c_char,
    pub(super) interp: *const c_char,
    fdpath: *const c_char,
    bpf_interps: *const c_void,
    pub(super) bpf_interp: *const c_char,
    bpf_interp_file: *mut bindings::file,
    pub(super) bpf_interp_arg: *const c_char,
    pub(super) bpf_flags: u64,
    pub(super) interp_flags: c_uint,
}

/// `struct linux_binfmt`. C compares it, see [`CHECKED`].
#[repr(C)]
pub(super) struct LinuxBinfmt {
    pub(super) lh: bindings::list_head,
    pub(super) module: *mut bindings::module,
    pub(super) load_binary: unsafe extern "C" fn(*mut bindings::linux_binprm) -> c_int,
    #[cfg(CONFIG_COREDUMP)]
    pub(super) core_dump: *mut c_void,
    #[cfg(CONFIG_COREDUMP)]
    pub(super) min_coredump: usize,
}

/// The binary is not reached by its path after the exec.
pub(super) const PATH_INACCESSIBLE: u32 = 1 << 2;
/// The interpreter gets the caller's `argv[0]`.
pub(super) const PRESERVE_ARGV0: u32 = 1 << 3;
/// The interpreter does not show.
pub(super) const TRANSPARENT_INTERP: u32 = 1 << 4;

macro_rules! same {
    ($($field:ident)*) => {
        Text::Parts(&[$(Text::Parts(&[
            Text::Str(concat!(
                "_Static_assert(offsetof(struct linux_binprm, ", stringify!($field), ") == "
            )),
            Text::Number(offset_of!(LinuxBinprm, $field)),
            Text::Str(concat!(", \"this kernel has ", stringify!($field), " elsewhere\");\n")),
        ])),*])
    };
}

/// What C has to read before `struct linux_binprm`. It has a function for the bit-fields of it, which have no
/// address.
pub(super) const CHECKED: Text = Text::Parts(&[
    Text::Str(
        "#ifndef STRUCT_OPS_EXEC
#define STRUCT_OPS_EXEC
#include <linux/binfmts.h>
#include <linux/binfmt_misc.h>
_Static_assert(BINPRM_FLAGS_PATH_INACCESSIBLE == 1 << 2 && BINPRM_FLAGS_PRESERVE_ARGV0 == 1 << 3 &&
	       BINPRM_FLAGS_TRANSPARENT_INTERP == 1 << 4, \"this kernel has other BINPRM_FLAGS\");
_Static_assert(BPF_BINPRM_PRESERVE_ARGV0 == 1 && BPF_BINPRM_CREDENTIALS == 2 && BPF_BINPRM_EXECFD == 4 &&
	       BPF_BINPRM_TRANSPARENT == 8 && BPF_BINPRM_LOADER == 16, \"this kernel has other BPF_BINPRM\");
void struct_ops_exec_bits(struct linux_binprm *bprm, bool execfd, bool creds);
void struct_ops_exec_bits(struct linux_binprm *bprm, bool execfd, bool creds)
{
	bprm->have_execfd |= execfd;
	bprm->execfd_creds |= creds;
}
_Static_assert(offsetof(struct linux_binfmt, module) == ",
    ),
    Text::Number(offset_of!(LinuxBinfmt, module)),
    Text::Str(" && offsetof(struct linux_binfmt, load_binary) == "),
    Text::Number(offset_of!(LinuxBinfmt, load_binary)),
    Text::Str(" && sizeof(struct linux_binfmt) == "),
    Text::Number(size_of::<LinuxBinfmt>()),
    Text::Str(", \"this kernel has another struct linux_binfmt\");\n"),
    same!(interpreter loader argc interp bpf_interp bpf_interp_arg bpf_flags interp_flags),
    Text::Str("#endif\n"),
]);
