// SPDX-License-Identifier: GPL-2.0

use struct_ops::CRegistrar;

#[kernel_struct("linux/binfmts.h")]
pub struct LinuxBinprm;

#[struct_ops(kernel = "linux/binfmt_misc.h", registry = Formats)]
pub struct BinfmtMiscOps {
    //~~ C code calls it where nobody may sleep
    r#match: fn(bprm: &LinuxBinprm) -> bool,
    #[sleepable]
    load: fn(bprm: &LinuxBinprm) -> i32,
    name: Name<16>,
}

/// Not the kernel's.
pub struct Formats;

// SAFETY: Nothing is registered.
unsafe impl CRegistrar for Formats {
    const STRUCT: &'static CStr = c"binfmt_misc_ops";

    unsafe fn register(_table: *mut c_void) -> c_int {
        0
    }

    unsafe fn unregister(_table: *mut c_void) {}
}

impl StructOpsType for BinfmtMiscOps {}
