// SPDX-License-Identifier: GPL-2.0

//! The registry with the series of `patches/`: types come and go, and it checks what there is to check.

#![expect(
    clippy::extra_unused_type_parameters,
    reason = "a kernel without the series asks for the type, see base.rs"
)]

use crate::{
    Prog,
    StructOpsType, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// Says in `modinfo` what the module was built for.
#[used]
#[link_section = ".modinfo"]
static LEVEL: [u8; 18] = *b"struct_ops=series\0";

/// The definition of a type, which the registry only reads.
#[repr(transparent)]
pub(crate) struct Definition(bindings::bpf_struct_ops);

// SAFETY: Nobody writes to it.
unsafe impl Sync for Definition {}

impl Definition {
    pub(crate) const fn new(st_ops: bindings::bpf_struct_ops) -> Self {
        Self(st_ops)
    }

    const fn as_ptr(&self) -> *const bindings::bpf_struct_ops {
        &raw const self.0
    }
}

/// Registers a type.
pub(crate) fn register<T: StructOpsType>(definition: &'static Definition) -> Result {
    // SAFETY: The definition and everything it points to is static.
    let ret = unsafe { bindings::__register_bpf_struct_ops(definition.as_ptr()) };
    report(T::NAME, ret);
    to_result(ret)
}

fn report(name: &CStr, ret: c_int) {
    if ret == ENODATA.to_errno() {
        pr_err!("{name}: the module has no usable BTF\n");
    }
}

/// Unregisters a type that is registered.
pub(crate) fn unregister<T: StructOpsType>(definition: &'static Definition) {
    // SAFETY: The definition is valid.
    unsafe { bindings::unregister_bpf_struct_ops(definition.as_ptr()) };
}

/// Called by the registry with the BTF of the module, while it registers a type.
pub(crate) fn init(_definition: &'static Definition, _btf: *mut bindings::btf) {}

/// Called before a program for a type is verified. The registry has checked it.
pub(crate) fn check_program<T: StructOpsType>(_prog: &Prog) -> Result {
    Ok(())
}

/// Called with the programs of a new table. The registry has checked them.
///
/// # Safety
///
/// `kdata` is the table of a map that is being set.
pub(crate) unsafe fn check_programs<T: StructOpsType>(
    _definition: &'static Definition,
    _kdata: *mut c_void,
) -> Result {
    Ok(())
}

/// The table of the map that a program is associated with, or NULL if that is of another type.
///
/// # Safety
///
/// `aux` is that of a program that is running.
pub(crate) unsafe fn associated(
    aux: *mut bindings::bpf_prog_aux,
    definition: &'static Definition,
) -> *mut c_void {
    // SAFETY: By the safety requirements of this function.
    unsafe { bindings::bpf_prog_get_assoc_struct_ops(aux, definition.as_ptr()) }
}
