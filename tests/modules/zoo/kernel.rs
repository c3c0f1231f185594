// SPDX-License-Identifier: GPL-2.0

//! Structs of the kernel as types.

use kernel::prelude::*;
use struct_ops::prelude::*;

/// What a platform does when the machine is suspended; here, when a test wants it.
#[struct_ops(kernel = "linux/suspend.h", slot = SUSPEND)]
pub struct PlatformSuspendOps {
    /// Does the platform know the state?
    valid: fn(state: i32) -> i32,
    /// Not called.
    #[optional]
    begin: fn(state: i32) -> i32,
    /// Not called.
    #[optional]
    prepare: fn() -> i32,
    /// Not called.
    #[optional]
    prepare_late: fn() -> i32,
    /// Enters the state.
    enter: fn(state: i32) -> i32,
    /// Not called.
    #[optional]
    wake: fn(),
    /// Not called.
    #[optional]
    finish: fn(),
    /// Again?
    #[optional]
    suspend_again: fn() -> bool,
    /// Not called.
    #[optional]
    end: fn(),
    /// For no program.
    #[unsupported]
    recover: fn(),
}

static SUSPEND: Exclusive<PlatformSuspendOps> = Exclusive::new();

impl StructOpsType for PlatformSuspendOps {}

/// How often the program enters a state before it has enough.
#[kfunc(syscall)]
fn zoo_suspend(state: i32) -> i32 {
    SUSPEND
        .with(|ops| {
            if ops.valid(state) == 0 {
                return EINVAL.to_errno();
            }
            let mut times = 0;
            // Not for as long as it likes.
            for _ in 0..10 {
                times = ops.enter(state).wrapping_add(times);
                if times > 9 || ops.suspend_again() != Some(true) {
                    break;
                }
            }
            times
        })
        .unwrap_or(0)
}

/// For programs that implement a struct of the kernel.
#[kfunc(only(PlatformSuspendOps::enter))]
fn zoo_one() -> i32 {
    1
}
