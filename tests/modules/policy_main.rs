// SPDX-License-Identifier: GPL-2.0

//! A module that says what its programs may do: what they may write to, and what they may call.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::prelude::*;

module! {
    type: PolicyModule,
    name: "policy",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF struct_ops types with rules for their programs",
    license: "GPL",
}

/// What programs see of an account.
#[c_struct]
pub struct PolicyAccount {
    limit: u64,
    #[writable]
    used: u64,
    owner: u32,
    #[writable]
    flags: u32,
}

/// A type with rules.
#[struct_ops(slot = POLICY)]
pub struct PolicyOps {
    /// May call the kfuncs and any helper.
    #[optional]
    charge: fn(account: &Shared<PolicyAccount>, task: &Task) -> i32,
    /// May call the one that is for the type, and not these helpers.
    #[optional]
    #[deny(ktime_get_ns, jiffies64)]
    peek: fn(account: &Shared<PolicyAccount>, task: &Task) -> i32,
    /// May call what sleeps.
    #[optional]
    #[sleepable]
    settle: fn(id: u32) -> i32,
    /// Set by the kernel.
    module: ModulePtr,
}

static POLICY: Exclusive<PolicyOps> = Exclusive::new();

impl StructOpsType for PolicyOps {}

/// A type whose programs may call nothing of the module's but what is for them.
#[struct_ops]
pub struct PolicyOtherOps {
    /// Not called.
    charge: fn(id: u32) -> i32,
}

impl StructOpsType for PolicyOtherOps {}

/// For the type.
#[kfunc(only(PolicyOps))]
fn policy_for_type(id: u32) -> u32 {
    id.wrapping_add(1)
}

/// For one callback of it, and for programs that user space runs.
#[kfunc(only(PolicyOps::charge), syscall)]
fn policy_for_member(id: u32) -> u32 {
    id.wrapping_add(2)
}

/// For two callbacks of it.
#[kfunc(only(PolicyOps::charge, PolicyOps::settle))]
fn policy_for_two(id: u32) -> u32 {
    id.wrapping_add(3)
}

/// For the other type.
#[kfunc(only(PolicyOtherOps::charge))]
fn policy_for_other(id: u32) -> u32 {
    id.wrapping_add(4)
}

/// For programs that may sleep.
#[kfunc(only(PolicyOps), sleepable)]
fn policy_sleeps() {
    kernel::time::delay::fsleep(kernel::time::Delta::from_millis(1));
}

/// Tries to announce the kfuncs when it is too late.
#[kfunc(syscall)]
fn policy_register() -> i32 {
    register_kfuncs().map_or_else(Error::to_errno, |()| 0)
}

/// Has the attached program charge.
#[kfunc(syscall)]
fn policy_charge(account: &Shared<PolicyAccount>) -> i32 {
    POLICY
        .with(|ops| ops.charge(account, kernel::current!()))
        .flatten()
        .unwrap_or(-1)
}

#[pin_data]
struct PolicyModule {
    #[pin]
    _ops: Registration<PolicyOps>,
    #[pin]
    _other: Registration<PolicyOtherOps>,
}

impl kernel::InPlaceModule for PolicyModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: {
                register_kfuncs()?;
                if register_kfuncs() != Err(EEXIST) {
                    return Err(EINVAL);
                }
            },
            _ops <- register_struct_ops!(PolicyOps),
            _other <- register_struct_ops!(PolicyOtherOps),
        })
    }
}
