// SPDX-License-Identifier: GPL-2.0

//! Functions of the kernel that a prologue or an epilogue can call.

use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::atomic::{
        ordering::Relaxed,
        Atomic, //
    }, //
};

/// What a reference is to.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Object {
    /// A `struct cgroup`.
    Cgroup,
    /// A `struct task_struct`.
    Task,
}

/// What a function takes in a register.
#[derive(Clone, Copy)]
pub(super) enum Taken {
    Scalar,
    /// A reference, which it releases.
    Owned(Object),
}

/// What a function returns.
#[derive(Clone, Copy)]
pub(super) enum Given {
    Nothing,
    OwnedOrNull(Object),
}

/// A function of the kernel, as `kernel/bpf/helpers.c` describes it to programs.
///
/// Those of modules cannot be called: only a program brings the BTF of a module along, and a
/// program may have brought none. Programs whose licence is not compatible with the GPL cannot be
/// loaded with a call of these.
///
/// # Examples
///
/// ```
/// use struct_ops::code::{Kfunc, R0, R1, R6};
///
/// /// Returns 1 if there is a task with the PID that the program returns, else 0.
/// static EXISTS: Epilogue<(), i32> = Epilogue::begin()
///     .set(R6, 1)
///     .copy(R1, R0)
///     .call(Kfunc::TaskFromPid)
///     .if_null(R0)
///     .set(R6, 0)
///     .otherwise()
///     .copy(R1, R0)
///     .call(Kfunc::TaskRelease)
///     .end_if()
///     .copy(R0, R6)
///     .finish();
/// ```
#[derive(Clone, Copy)]
pub enum Kfunc {
    /// `bpf_cgroup_from_id(R1)`: the cgroup with this id, or NULL.
    #[cfg(CONFIG_CGROUPS)]
    CgroupFromId,
    /// `bpf_cgroup_release(R1)`: releases a cgroup.
    #[cfg(CONFIG_CGROUPS)]
    CgroupRelease,
    /// `bpf_task_from_pid(R1)`: the task with this PID in the initial namespace, or NULL.
    TaskFromPid,
    /// `bpf_task_release(R1)`: releases a task.
    TaskRelease,
}

impl Kfunc {
    #[inline]
    const fn name(self) -> &'static CStr {
        match self {
            #[cfg(CONFIG_CGROUPS)]
            Self::CgroupFromId => c"bpf_cgroup_from_id",
            #[cfg(CONFIG_CGROUPS)]
            Self::CgroupRelease => c"bpf_cgroup_release",
            Self::TaskFromPid => c"bpf_task_from_pid",
            Self::TaskRelease => c"bpf_task_release",
        }
    }

    #[inline]
    pub(super) const fn takes(self) -> &'static [Taken] {
        match self {
            #[cfg(CONFIG_CGROUPS)]
            Self::CgroupFromId => &[Taken::Scalar],
            #[cfg(CONFIG_CGROUPS)]
            Self::CgroupRelease => &[Taken::Owned(Object::Cgroup)],
            Self::TaskFromPid => &[Taken::Scalar],
            Self::TaskRelease => &[Taken::Owned(Object::Task)],
        }
    }

    #[inline]
    pub(super) const fn gives(self) -> Given {
        match self {
            #[cfg(CONFIG_CGROUPS)]
            Self::CgroupFromId => Given::OwnedOrNull(Object::Cgroup),
            #[cfg(CONFIG_CGROUPS)]
            Self::CgroupRelease => Given::Nothing,
            Self::TaskFromPid => Given::OwnedOrNull(Object::Task),
            Self::TaskRelease => Given::Nothing,
        }
    }

    /// The number by which instructions of programs call it. May sleep.
    #[inline]
    pub(super) fn btf_id(self) -> Result<i32> {
        // The kernel has no `btf_put()` for modules, so it is asked once for each.
        static IDS: [Atomic<i32>; 4] = [const { Atomic::new(0) }; 4];
        let cached = &IDS[self as usize];
        match cached.load(Relaxed) {
            0 => {}
            id => return Ok(id),
        }
        let mut btf = core::ptr::null_mut();
        // SAFETY: The name is a string, and `btf` is there for the result. A kernel with this
        // configuration has a function of this name, so it is not looked for in modules.
        let id = unsafe {
            bindings::bpf_find_btf_id(self.name().as_char_ptr(), bindings::BTF_KIND_FUNC, &mut btf)
        };
        to_result(id)?;
        cached.store(id, Relaxed);
        Ok(id)
    }
}
