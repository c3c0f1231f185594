// SPDX-License-Identifier: GPL-2.0

//! What `execve(2)` runs a file with.
//!
//! The kernel asks each binary format in turn whether a file is its own. A [`BinaryFormat`] is one, for
//! example one that asks programs. It looks at a [`Binprm`], and chooses an interpreter.

mod layout;

use crate::{
    Pointee,
    Text,
    Trusted, //
};
use core::{
    marker::PhantomData,
    ptr, //
};
use kernel::{
    bindings,
    error::{
        from_err_ptr,
        from_result,
        to_result, //
    },
    ffi::c_char,
    prelude::*,
    sync::rcu::synchronize_rcu,
    types::Opaque, //
};
use layout::{
    LinuxBinfmt,
    LinuxBinprm, //
};

extern "C" {
    fn __register_binfmt(format: *mut c_void, first: c_int);
    fn unregister_binfmt(format: *mut c_void);
    fn remove_arg_zero(bprm: *mut bindings::linux_binprm) -> c_int;
    fn copy_string_kernel(text: *const c_char, bprm: *mut bindings::linux_binprm) -> c_int;
    fn bprm_change_interp(interp: *const c_char, bprm: *mut bindings::linux_binprm) -> c_int;
    /// In the C unit of a module that has a format, see [`layout::CHECKED`].
    fn struct_ops_exec_bits(bprm: *mut bindings::linux_binprm, execfd: bool, creds: bool);
}

/// A file that is being executed: `struct linux_binprm`.
///
/// Only the task that executes it has it, until the call returns that got it. Programs read it; of what
/// they can call, kfuncs take it.
///
/// C header: [`include/linux/binfmts.h`](srctree/include/linux/binfmts.h).
///
/// # Examples
///
/// ```
/// use struct_ops::exec::Binprm;
///
/// #[struct_ops]
/// struct RunnerOps {
///     #[sleepable]
///     choose: fn(file: &Binprm) -> i32,
/// }
/// # impl StructOpsType for RunnerOps {}
///
/// /// Runs it with BusyBox.
/// #[kfunc(only(RunnerOps), sleepable)]
/// fn example_busybox(file: &Binprm) -> i32 {
///     file.set_interpreter(c"/bin/busybox").map_or_else(Error::to_errno, |()| 0)
/// }
/// ```
///
/// # Invariants
///
/// All instances are created by the C portion of the kernel, and this task executes the file.
#[repr(transparent)]
pub struct Binprm(Opaque<bindings::linux_binprm>);

// SAFETY: It is a transparent wrapper of the struct, which these headers define.
unsafe impl Pointee for Binprm {
    type Raw = bindings::linux_binprm;

    const NAME: &'static CStr = c"linux_binprm";
    const DEFINITION: Text = layout::CHECKED;
}

// SAFETY: It has pointers, and the kernel gives programs trusted ones only to what this task executes.
unsafe impl Trusted for Binprm {}

/// Copies text to where C can free it.
#[inline]
fn duplicate(text: &CStr) -> Result<*const c_char> {
    let mut copy = KVec::new();
    copy.extend_from_slice(text.to_bytes_with_nul(), GFP_KERNEL)?;
    let (text, _, _) = copy.into_raw_parts();
    Ok(text.cast_const().cast())
}

impl Binprm {
    /// The longest path, with the NUL behind it.
    pub const PATH_MAX: usize = bindings::PATH_MAX as usize;

    #[inline]
    fn raw(&self) -> *mut LinuxBinprm {
        self.0.get().cast()
    }

    /// Puts text of ours into a field, or none, and frees what was there.
    #[inline]
    fn stage(&self, field: *mut *const c_char, text: *const c_char) {
        // SAFETY: The field is in `self`, which only this task uses.
        let old = unsafe { field.replace(text) };
        // SAFETY: Who puts something there gives it up, as the end of the exec frees it so, too.
        unsafe { bindings::kfree(old.cast()) };
    }

    #[inline]
    fn interpreter(&self) -> *mut *const c_char {
        // SAFETY: By the type invariants, it has this field, as C has compared.
        unsafe { &raw mut (*self.raw()).bpf_interp }
    }

    #[inline]
    fn argument(&self) -> *mut *const c_char {
        // SAFETY: As in `interpreter()`.
        unsafe { &raw mut (*self.raw()).bpf_interp_arg }
    }

    #[inline]
    fn flags(&self) -> *mut u64 {
        // SAFETY: As in `interpreter()`.
        unsafe { &raw mut (*self.raw()).bpf_flags }
    }

    /// Chooses the interpreter: an absolute path, else `EINVAL`. Takes the place of an earlier choice. It is
    /// opened with the rights of the task. May sleep.
    #[inline]
    pub fn set_interpreter(&self, path: &CStr) -> Result {
        let bytes = path.to_bytes_with_nul();
        if bytes[0] != b'/' {
            return Err(EINVAL);
        }
        if bytes.len() > Self::PATH_MAX {
            return Err(ENAMETOOLONG);
        }
        self.stage(self.interpreter(), duplicate(path)?);
        Ok(())
    }

    /// Passes the interpreter an argument before the path of the file. May sleep.
    #[inline]
    pub fn set_argument(&self, argument: &CStr) -> Result {
        if argument.is_empty() {
            return Err(EINVAL);
        }
        self.stage(self.argument(), duplicate(argument)?);
        Ok(())
    }

    /// Says how the interpreter is run: `enum bpf_binprm_flags`, or-ed. `EINVAL` for those that are not known,
    /// or do not go together. `BPF_BINPRM_LOADER` gets `EOPNOTSUPP` on a kernel with `binfmt_misc`, which warns
    /// if somebody else has chosen a loader.
    #[inline]
    pub fn set_flags(&self, flags: u32) -> Result {
        if MISC && flags == LOADER {
            return Err(EOPNOTSUPP);
        }
        let alone = flags & LOADER == 0 || flags == LOADER;
        let whole = flags & (TRANSPARENT | ARGV0) != TRANSPARENT | ARGV0;
        if flags & !(ARGV0 | CREDENTIALS | EXECFD | TRANSPARENT | LOADER) != 0 || !alone || !whole {
            return Err(EINVAL);
        }
        // SAFETY: The field is in `self`, which only this task uses.
        unsafe { self.flags().write(flags.into()) };
        Ok(())
    }

    /// Forgets what an earlier interpreter of a chain, or a program that has failed, has chosen.
    #[inline]
    fn forget(&self) {
        self.stage(self.interpreter(), ptr::null());
        self.stage(self.argument(), ptr::null());
        // SAFETY: The field is in `self`, which only this task uses.
        unsafe { self.flags().write(0) };
    }

    /// Opens the interpreter.
    #[inline]
    fn open(&self) -> Result<*mut bindings::file> {
        // SAFETY: The field is in `self`, which only this task uses.
        let path = unsafe { self.interpreter().read() };
        // SAFETY: The path is a string, which stays until it is replaced.
        from_err_ptr(unsafe { bindings::open_exec(path) })
    }

    /// Puts a string in front of the arguments.
    #[inline]
    fn push(&self, text: *const c_char) -> Result {
        // SAFETY: It is a string, and `self` is being executed.
        to_result(unsafe { copy_string_kernel(text, self.0.get()) })?;
        // SAFETY: The field is in `self`, which only this task uses.
        unsafe { (*self.raw()).argc += 1 };
        Ok(())
    }

    /// Makes the interpreter the program, and the file its last argument, as `load_misc_binary()` does.
    #[inline]
    fn push_arguments(&self, flags: u32) -> Result {
        // SAFETY: The field is in `self`, which only this task uses.
        if unsafe { (*self.raw()).interp_flags } & layout::PATH_INACCESSIBLE != 0 {
            return Err(ENOENT);
        }
        if flags & ARGV0 != 0 {
            // SAFETY: The field is in `self`, which only this task uses.
            unsafe { (*self.raw()).interp_flags |= layout::PRESERVE_ARGV0 };
        } else {
            // SAFETY: `self` is being executed.
            to_result(unsafe { remove_arg_zero(self.0.get()) })?;
        }
        // SAFETY: The field is in `self`, which only this task uses.
        self.push(unsafe { (*self.raw()).interp })?;
        // SAFETY: The field is in `self`, which only this task uses.
        let argument = unsafe { self.argument().read() };
        if !argument.is_null() {
            self.push(argument)?;
            self.stage(self.argument(), ptr::null());
        }
        // SAFETY: The field is in `self`, which only this task uses.
        self.push(unsafe { self.interpreter().read() })
    }

    /// Has the interpreter run that was chosen. `ENOEXEC` has the kernel ask the next format. Returns what
    /// is left to do: whether the interpreter gets a descriptor of the file, and whether it gets its rights.
    #[inline]
    fn run(&self) -> Result<(bool, bool)> {
        // SAFETY: The field is in `self`, which only this task uses.
        let flags = unsafe { self.flags().replace(0) } as u32;
        // SAFETY: The field is in `self`, which only this task uses.
        let path = unsafe { self.interpreter().read() };
        if path.is_null() {
            return Err(ENOEXEC);
        }
        // SAFETY: The field is in `self`, which only this task uses.
        let has_argument = !unsafe { self.argument().read() }.is_null();
        if has_argument && flags & (LOADER | TRANSPARENT) != 0 {
            return Err(EINVAL);
        }
        if flags & LOADER != 0 {
            // With `ENOEXEC`, the file would be run by the loader that it asks for.
            let file = self
                .open()
                .map_err(|e| if e == ENOEXEC { EACCES } else { e })?;
            // SAFETY: The field is in `self`, which only this task uses, and empty, see `load_binary()`.
            // The format for ELF takes the file out, or the end of the exec.
            unsafe { (*self.raw()).loader = file };
            return Err(ENOEXEC);
        }
        if flags & TRANSPARENT == 0 {
            self.push_arguments(flags)?;
        }
        // SAFETY: The path is a string, and `self` is being executed.
        to_result(unsafe { bprm_change_interp(path, self.0.get()) })?;
        let file = self.open()?;
        // SAFETY: The field is in `self`, which only this task uses. The kernel puts the file back.
        unsafe { (*self.raw()).interpreter = file };
        if flags & TRANSPARENT != 0 {
            // SAFETY: The field is in `self`, which only this task uses.
            unsafe { (*self.raw()).interp_flags |= layout::TRANSPARENT_INTERP };
        }
        let execfd = flags & (CREDENTIALS | EXECFD | TRANSPARENT) != 0;
        Ok((execfd, flags & CREDENTIALS != 0))
    }
}

/// Has the kernel `binfmt_misc`?
const MISC: bool = cfg!(any(CONFIG_BINFMT_MISC = "y", CONFIG_BINFMT_MISC = "m"));

/// The flags of [`Binprm::set_flags`], as C has compared.
const ARGV0: u32 = 1 << 0;
const CREDENTIALS: u32 = 1 << 1;
const EXECFD: u32 = 1 << 2;
const TRANSPARENT: u32 = 1 << 3;
const LOADER: u32 = 1 << 4;

/// A format of files that can be executed.
///
/// # Examples
///
/// ```
/// use struct_ops::exec::{BinaryFormat, Binprm, FormatRegistration};
///
/// /// Files that nobody has asked a program about yet.
/// struct Nothing;
///
/// impl BinaryFormat for Nothing {
///     fn load(_file: &Binprm) -> Result<bool> {
///         Ok(false)
///     }
/// }
///
/// # fn example() -> Result {
/// let format = FormatRegistration::<Nothing>::new()?;
/// drop(format);
/// # Ok(())
/// # }
/// ```
pub trait BinaryFormat: 'static {
    /// Is the file of this format? Then it has an interpreter now ([`Binprm::set_interpreter`]). On an error
    /// `execve(2)` fails with that, but for `ENOEXEC`, which has the kernel ask the next format.
    ///
    /// Runs in process context and may sleep.
    fn load(file: &Binprm) -> Result<bool>;
}

/// What the kernel calls to ask `F`.
///
/// # Safety
///
/// The current task executes `raw`.
unsafe extern "C" fn load_binary<F: BinaryFormat>(raw: *mut bindings::linux_binprm) -> c_int {
    // SAFETY: By the safety requirements of this function.
    let file = unsafe { &*raw.cast::<Binprm>() };
    file.forget();
    // SAFETY: The field is in `file`, which only this task uses.
    let has_loader = !unsafe { (*file.raw()).loader }.is_null();
    // Another format has chosen one for this file.
    let load = || if has_loader { Ok(false) } else { F::load(file) };
    from_result(|| match load() {
        Ok(true) => file.run().map(|(execfd, creds)| {
            // SAFETY: The file is being executed.
            unsafe { struct_ops_exec_bits(raw, execfd, creds) };
            0
        }),
        Ok(false) => Err(ENOEXEC),
        Err(error) => {
            file.forget();
            Err(error)
        }
    })
}

/// Has the kernel ask a format, before all that are there, until it is dropped.
///
/// Dropping it waits for those who are being asked. May sleep, to make it and to drop it.
///
/// See [`BinaryFormat`] for an example.
///
/// # Examples
///
/// ```
/// # use struct_ops::exec::{BinaryFormat, Binprm, FormatRegistration};
/// # struct Asks;
/// # impl BinaryFormat for Asks {
/// #     fn load(_file: &Binprm) -> Result<bool> {
/// #         Ok(false)
/// #     }
/// # }
/// /// A module that has a format as long as it is there.
/// struct Owner {
///     _format: FormatRegistration<Asks>,
/// }
/// ```
///
/// # Invariants
///
/// `entry` comes from a [`KBox`]. Its format is registered, and its `asked` is alive.
pub struct FormatRegistration<F: BinaryFormat> {
    entry: *mut Entry,
    _format: PhantomData<fn(F)>,
}

/// What the kernel has of a format.
///
/// It goes from this one to the next when it has asked it, so one that somebody is being asked by must not
/// be taken out. Whom it asks it counts as users of the format's module. That is none that could be
/// removed, but `asked`, of which only the count and the state are used (`try_module_get()`,
/// `module_put()`): it is for this format alone, and can be waited for at any time, also in the `init` of a
/// module that fails.
struct Entry {
    format: LinuxBinfmt,
    asked: bindings::module,
}

/// The count of a `struct module` that nobody uses (`MODULE_REF_BASE`).
const UNUSED: i32 = 1;

// SAFETY: It is registered and unregistered, which can be done anywhere.
unsafe impl<F: BinaryFormat> Send for FormatRegistration<F> {}
// SAFETY: Nothing can be done with a reference to it.
unsafe impl<F: BinaryFormat> Sync for FormatRegistration<F> {}

impl<F: BinaryFormat> FormatRegistration<F> {
    /// Registers it.
    pub fn new() -> Result<Self> {
        let mut entry = KBox::new(
            Entry {
                format: LinuxBinfmt {
                    lh: bindings::list_head::default(),
                    module: ptr::null_mut(),
                    load_binary: load_binary::<F>,
                    #[cfg(CONFIG_COREDUMP)]
                    core_dump: ptr::null_mut(),
                    #[cfg(CONFIG_COREDUMP)]
                    min_coredump: 0,
                },
                // SAFETY: It is a struct of C, for which zeroes are a value.
                asked: unsafe { core::mem::zeroed() },
            },
            GFP_KERNEL,
        )?;
        entry.asked.state = bindings::module_state_MODULE_STATE_LIVE;
        entry.asked.refcnt.counter = UNUSED;
        let entry = KBox::into_raw(entry);
        // SAFETY: It has just been made, and is not moved any more.
        unsafe { (*entry).format.module = &raw mut (*entry).asked };
        // SAFETY: It is a format, which stays until it is unregistered.
        unsafe { __register_binfmt((&raw mut (*entry).format).cast(), 1) };
        // INVARIANT: It has just been registered.
        Ok(Self {
            entry,
            _format: PhantomData,
        })
    }
}

impl<F: BinaryFormat> Drop for FormatRegistration<F> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, it is there.
        let state = unsafe { &raw mut (*self.entry).asked.state };
        // SAFETY: The kernel reads it only. From now on it passes this format over.
        unsafe { state.write_volatile(bindings::module_state_MODULE_STATE_GOING) };
        // Who has found it alive has counted behind this: in between, it has the lock of the list, with which it
        // is an RCU reader.
        synchronize_rcu();
        // SAFETY: By the type invariants, it is there.
        let users = unsafe { &raw mut (*self.entry).asked.refcnt.counter };
        // SAFETY: Others change it as an atomic, and it is read as one.
        while unsafe { users.read_volatile() } != UNUSED {
            // SAFETY: It can be called where one may sleep.
            unsafe { bindings::msleep(10) };
        }
        // Who has given up the last count may still be at the entry, but holds the lock of the list.
        // SAFETY: By the type invariants, it is registered.
        unsafe { unregister_binfmt((&raw mut (*self.entry).format).cast()) };
        // SAFETY: By the type invariants, it comes from a box, and nobody else has it any more.
        drop(unsafe { KBox::from_raw(self.entry) });
    }
}
