// SPDX-License-Identifier: GPL-2.0

//! What the author of a type decides.

use crate::{
    Attachment,
    Member,
    Ops,
    StructOps, //
};
use kernel::{
    bindings,
    prelude::*,
    types::Opaque, //
};

/// The callbacks of a struct_ops type.
///
/// Each has a default that is right for most types: `impl StructOpsType for X {}` is complete. All
/// of them run in process context and may sleep.
///
/// Wraps the callbacks of the kernel's `struct bpf_struct_ops`
/// ([`include/linux/bpf.h`](srctree/include/linux/bpf.h)).
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = BUDGET)]
/// struct BudgetOps {
///     spend: fn(amount: u64) -> i32,
///     /// What there is; set by user space.
///     limit: u64,
/// }
///
/// static BUDGET: Exclusive<BudgetOps> = Exclusive::new();
///
/// impl StructOpsType for BudgetOps {
///     fn validate(ops: &Self) -> Result {
///         if ops.limit() == 0 {
///             return Err(EINVAL);
///         }
///         Ok(())
///     }
///
///     fn reg(ops: Attachment<'_, Self>) -> Result {
///         pr_info!("a budget of {}\n", ops.limit());
///         ops.attach()
///     }
///
///     fn update(new: Attachment<'_, Self>, old: &Ops<Self>) -> Result {
///         if new.limit() < old.limit() {
///             return Err(EPERM);
///         }
///         new.attach()
///     }
///
///     fn unreg(ops: &Ops<Self>) {
///         pr_info!("the budget of {} is gone\n", ops.limit());
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be registered as a struct_ops type",
    note = "it needs `#[struct_ops]` before its definition, and `impl StructOpsType for {Self} {{}}`"
)]
pub trait StructOpsType: StructOps {
    /// Called once, while the type is being registered. An error ends the registration.
    fn init() -> Result {
        Ok(())
    }

    /// Called when a program for `member` is loaded. An error refuses the program.
    ///
    /// Sleepable programs have been refused already where the member is not `#[sleepable]`.
    fn check_member(_member: &Member, _prog: &Prog) -> Result {
        Ok(())
    }

    /// Called for each [`Value`](crate::MemberKind::Value), zero or not. An error refuses the map.
    ///
    /// `value` is as long as the member: what user space has set, or its `#[default(…)]`.
    fn init_member(_member: &Member, _value: &[u8]) -> Result {
        Ok(())
    }

    /// Called when all members are set. An error refuses the map.
    ///
    /// This can look at values only: the callbacks cannot be called yet. Tables that lack a required
    /// callback have been refused already.
    fn validate(_ops: &Self) -> Result {
        Ok(())
    }

    /// Called when user space attaches a table. An error refuses that.
    ///
    /// The kernel holds a lock that is also needed to detach a link: waiting here for somebody who
    /// detaches one is a deadlock.
    fn reg(ops: Attachment<'_, Self>) -> Result {
        ops.attach()
    }

    /// Called when user space has detached a table. The slot has forgotten it by now.
    fn unreg(_ops: &Ops<Self>) {}

    /// Called when user space puts a new table in the place of `old`. An error keeps `old`.
    ///
    /// On success the registry lets go of `old`, so it leaves the slot, even if the new table is not
    /// attached.
    ///
    /// The lock is that of [`StructOpsType::reg`].
    fn update(new: Attachment<'_, Self>, _old: &Ops<Self>) -> Result {
        new.attach()
    }
}

/// A BPF program that is being loaded.
///
/// # Examples
///
/// ```
/// #[struct_ops]
/// struct LoggerOps {
///     #[sleepable]
///     write: fn(level: u32),
///     #[sleepable]
///     flush: fn(),
/// }
///
/// impl StructOpsType for LoggerOps {
///     /// `flush` has to be sleepable, `write` may be.
///     fn check_member(member: &Member, program: &Prog) -> Result {
///         if member.name == "flush" && !program.is_sleepable() {
///             return Err(EINVAL);
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// # Invariants
///
/// It is a valid `struct bpf_prog`.
#[repr(transparent)]
pub struct Prog(Opaque<bindings::bpf_prog>);

impl Prog {
    /// Wraps a program.
    ///
    /// # Safety
    ///
    /// `prog` is valid for `'a`.
    pub(crate) unsafe fn from_raw<'a>(prog: *const bindings::bpf_prog) -> &'a Self {
        // SAFETY: `Prog` is a transparent wrapper, and the caller promises the rest.
        // INVARIANT: `prog` is valid.
        unsafe { &*prog.cast() }
    }

    /// Has the verifier give the program a stack of its own.
    #[inline]
    pub(crate) fn request_private_stack(&self) {
        // SAFETY: By the type invariants, the program is valid.
        let aux = unsafe { (*self.0.get()).aux };
        // SAFETY: A valid program has an `aux`. Whoever loads the program calls this, and nobody
        // else uses it yet.
        unsafe { (*aux).priv_stack_requested = true };
    }

    /// Where in the table the member is that the program is for, in bytes. Not known yet in
    /// `check_member`.
    #[inline]
    pub(crate) fn member_offset(&self) -> usize {
        // SAFETY: By the type invariants, the program is valid.
        let aux = unsafe { (*self.0.get()).aux };
        // SAFETY: A valid program has an `aux`, and this does not change after `check_member`.
        unsafe { (*aux).attach_st_ops_member_off as usize }
    }

    /// What C knows it by.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *const bindings::bpf_prog {
        self.0.get()
    }

    /// The name that user space gave the program, cut off after 15 bytes.
    #[inline]
    pub fn name(&self) -> &CStr {
        // SAFETY: By the type invariants, the program is valid.
        let aux = unsafe { (*self.0.get()).aux };
        // SAFETY: A valid program has an `aux`.
        let name = unsafe { (&raw const (*aux).name).cast() };
        // SAFETY: It ends with a NUL and does not change any more.
        unsafe { CStr::from_char_ptr(name) }
    }

    /// May the program sleep?
    #[inline]
    pub fn is_sleepable(&self) -> bool {
        // SAFETY: By the type invariants, the program is valid, and this bit does not change while
        // it is being loaded.
        unsafe { bindings::bpf_prog::sleepable_raw(self.0.get()) != 0 }
    }
}
