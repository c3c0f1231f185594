// SPDX-License-Identifier: GPL-2.0

//! The registry as Linux 7.3 has it, without the series of `patches/`.
//!
//! A type can be registered, and goes with the BTF of its module. The registry keeps the types of a
//! module in an array that it moves when it grows, under nobody's lock; so types are registered while
//! the module is being loaded, when nobody can have found one. It compares the programs of a table
//! with the type by a number that other modules use as well; so they are compared here.
//!
//! `Documentation/safety.md` goes through everything that the series repairs.

use crate::{
    Prog,
    StructOpsType, //
};
use core::{
    cell::UnsafeCell,
    ptr,
    slice, //
};
use kernel::{
    bindings,
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    }, //
};

/// Says in `modinfo` what the module was built for.
#[used]
#[link_section = ".modinfo"]
static LEVEL: [u8; 16] = *b"struct_ops=base\0";

/// Is somebody registering a type of the module?
static REGISTERING: Atomic<u32> = Atomic::new(0);

/// The definition of a type.
///
/// # Invariants
///
/// `st_ops` is written by the registry only, while it registers the type. `btf` is NULL, or the BTF
/// of the module, in which the type is registered.
pub(crate) struct Definition {
    st_ops: UnsafeCell<bindings::bpf_struct_ops>,
    btf: Atomic<*mut bindings::btf>,
}

// SAFETY: By the type invariants, it is written while nobody else can find it.
unsafe impl Sync for Definition {}

impl Definition {
    pub(crate) const fn new(st_ops: bindings::bpf_struct_ops) -> Self {
        // INVARIANT: It is not registered yet.
        Self {
            st_ops: UnsafeCell::new(st_ops),
            btf: Atomic::new(ptr::null_mut()),
        }
    }
}

/// Does a type of vmlinux have the name? The registry would take its layout for that of the module's. If it
/// is the kernel's struct, that is right.
const fn in_vmlinux(name: &[u8]) -> bool {
    // The names, each between two spaces.
    let all = env!("STRUCT_OPS_VMLINUX_TYPES").as_bytes();
    let mut start = 0;
    while start + name.len() + 1 < all.len() {
        let mut same = 0;
        while same < name.len() && all[start + 1 + same] == name[same] {
            same += 1;
        }
        if same == name.len() && all[start] == b' ' && all[start + 1 + same] == b' ' {
            return true;
        }
        start += 1;
    }
    false
}

/// Registers a type.
///
/// Fails with `EBUSY` if the module is loaded already, or registers another type right now.
pub(crate) fn register<T: StructOpsType>(definition: &'static Definition) -> Result {
    const {
        assert!(
            T::KERNEL || !in_vmlinux(T::NAME.to_bytes()),
            "the kernel has a struct_ops type of this name: give another, `#[struct_ops(name = \"…\")]`"
        );
    }
    // SAFETY: `OWNER` is the module that this code is in.
    let state = unsafe { (&raw const (*T::OWNER).state).read_volatile() };
    if state != bindings::module_state_MODULE_STATE_COMING {
        pr_err!(
            "{}: on this kernel types are registered while the module is being loaded\n",
            T::NAME
        );
        return Err(EBUSY);
    }
    if REGISTERING.cmpxchg(0, 1, Acquire).is_err() {
        pr_err!(
            "{}: on this kernel a module registers one type after the other\n",
            T::NAME
        );
        return Err(EBUSY);
    }
    // SAFETY: The definition and everything it points to is static. Nobody else registers a type of
    // this module, and nobody can look for one before it is loaded.
    let ret = unsafe { bindings::__register_bpf_struct_ops(definition.st_ops.get()) };
    REGISTERING.store(0, Release);
    if ret == EEXIST.to_errno() {
        pr_err!("{}: already registered\n", T::NAME);
    }
    to_result(ret)?;
    // Without BTF the registry takes the type all the same.
    if definition.btf.load(Relaxed).is_null() {
        pr_err!("{}: the module has no usable BTF\n", T::NAME);
        return Err(ENODATA);
    }
    Ok(())
}

/// Called when a type is to go. It goes with the module.
pub(crate) fn unregister<T: StructOpsType>(_definition: &'static Definition) {
    // SAFETY: `OWNER` is the module that this code is in.
    let state = unsafe { (&raw const (*T::OWNER).state).read_volatile() };
    if state == bindings::module_state_MODULE_STATE_LIVE {
        pr_warn!(
            "{}: this kernel offers the type until the module goes\n",
            T::NAME
        );
    }
}

/// Called by the registry with the BTF of the module, while it registers a type.
pub(crate) fn init(definition: &'static Definition, btf: *mut bindings::btf) {
    // INVARIANT: The registry passes that BTF.
    definition.btf.store(btf, Relaxed);
}

/// Members whose index is `BPF_TRACE_RAW_TP`, `BPF_TRACE_FEXIT`, `BPF_MODIFY_RETURN`, `BPF_LSM_MAC`,
/// `BPF_LSM_CGROUP` or `BPF_TRACE_FSESSION`. `btf_ctx_access()` takes the index for an attach type, and
/// gives their programs an argument too many, or looks for a tracepoint.
const MISTAKEN: [u32; 6] = [23, 25, 26, 27, 43, 58];

/// Called before a program for a type is verified.
pub(crate) fn check_program<T: StructOpsType>(prog: &Prog) -> Result {
    let prog = prog.as_ptr();
    // SAFETY: `Prog` is valid, and this does not change.
    let index = unsafe { (*prog).expected_attach_type };
    if MISTAKEN.contains(&index) {
        pr_warn!(
            "{}: this kernel mistakes the member with index {index}\n",
            T::NAME
        );
        return Err(EOPNOTSUPP);
    }
    // A tail call may reach a program for another type, with other arguments.
    // SAFETY: As above.
    let len = unsafe { (*prog).len } as usize;
    // SAFETY: As above. What is at the end of a program are its instructions.
    let insns = unsafe { &raw const (*prog).__bindgen_anon_2 };
    // SAFETY: There are `len`, and nobody changes them before the program is verified.
    let insns = unsafe { slice::from_raw_parts(insns.cast::<bindings::bpf_insn>(), len) };
    let call = (bindings::BPF_JMP | bindings::BPF_CALL) as u8;
    let tail_call = bindings::bpf_func_id_BPF_FUNC_tail_call as i32;
    if insns
        .iter()
        .any(|i| i.code == call && i.src_reg() == 0 && i.imm == tail_call)
    {
        pr_warn!(
            "{}: on this kernel its programs make no tail calls\n",
            T::NAME
        );
        return Err(EOPNOTSUPP);
    }
    Ok(())
}

/// Called with the programs of a new table: each has to be for a type of this module's BTF.
///
/// # Safety
///
/// `kdata` is the table of a map that is being set.
pub(crate) unsafe fn check_programs<T: StructOpsType>(
    definition: &'static Definition,
    kdata: *mut c_void,
) -> Result {
    /// # Safety
    ///
    /// `prog` is a valid program for a struct_ops type.
    unsafe extern "C" fn check(prog: *mut bindings::bpf_prog, btf: *mut c_void) -> c_int {
        from_result(|| {
            // SAFETY: By the safety requirements of this function.
            let aux = unsafe { (*prog).aux };
            // SAFETY: A valid program has an `aux`, and this does not change.
            if unsafe { (*aux).attach_btf }.cast() != btf {
                return Err(EINVAL);
            }
            Ok(0)
        })
    }
    let btf = definition.btf.load(Relaxed).cast();
    // SAFETY: By the safety requirements of this function. A program holds its BTF, so no other can
    // have the address.
    to_result(unsafe { bindings::bpf_struct_ops_for_each_prog(kdata, Some(check), btf) })
        .inspect_err(|_| pr_warn!("{}: a program is for a type of another module\n", T::NAME))
}

/// The table of the map that a program is associated with, which may be of another type: something to
/// compare with only.
///
/// # Safety
///
/// `aux` is that of a program that is running.
pub(crate) unsafe fn associated(
    aux: *mut bindings::bpf_prog_aux,
    _definition: &'static Definition,
) -> *mut c_void {
    // SAFETY: By the safety requirements of this function.
    unsafe { bindings::bpf_prog_get_assoc_struct_ops(aux) }
}
