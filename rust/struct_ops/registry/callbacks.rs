// SPDX-License-Identifier: GPL-2.0

//! The functions that the registry calls: from C into [`StructOpsType`].
//!
//! Their types are those of `struct bpf_struct_ops`, to the letter: kCFI compares them.

use super::{
    attachment::Attempt,
    level, //
};
use crate::{
    Member,
    MemberKind,
    Ops,
    Prepare,
    Prog,
    StructOpsType, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull,
    slice, //
};
use kernel::{
    bindings,
    error::from_result,
    prelude::*, //
};

/// Fills a `struct bpf_struct_ops`.
pub(crate) struct Callbacks<T>(PhantomData<T>);

/// What these functions ask of a type, so that their code is there once, not for each type.
struct Type {
    name: &'static CStr,
    members: &'static [Member],
    check_member: fn(&Member, &Prog) -> Result,
    init_member: fn(&Member, &[u8]) -> Result,
    prepare: Prepare,
}

impl Type {
    /// Finds the member that C describes.
    ///
    /// # Safety
    ///
    /// `member` is valid.
    unsafe fn find(&self, member: *const bindings::btf_member) -> Result<&'static Member> {
        // SAFETY: The caller promises that `member` is valid. The registry accepts no bit fields, so the
        // whole word is the offset.
        let bits = unsafe { (*member).offset };
        let mut members = self.members.iter();
        members
            .find(|m| m.offset * 8 == bits as usize)
            .ok_or(EINVAL)
    }

    /// # Safety
    ///
    /// `member` is valid, and `prog` is for this type.
    unsafe fn check_member(&self, member: *const bindings::btf_member, prog: &Prog) -> c_int {
        from_result(|| {
            // SAFETY: By the safety requirements of this function.
            let member = unsafe { self.find(member) }?;
            let MemberKind::Callback {
                sleepable,
                private_stack,
                ..
            } = member.kind
            else {
                return Err(ENOTSUPP);
            };
            if prog.is_sleepable() && !sleepable {
                return Err(EINVAL);
            }
            (self.check_member)(member, prog)?;
            member.around.resolve(prog)?;
            // SAFETY: By the safety requirements of `StructOps`: the program is for this type.
            unsafe { (self.prepare)(prog.as_ptr()) };
            if private_stack {
                prog.request_private_stack();
            }
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `member` is valid; `kdata` and `udata` are tables of this type, and nobody else uses `kdata`.
    unsafe fn init_member(
        &self,
        member: *const bindings::btf_member,
        kdata: *mut c_void,
        udata: *const c_void,
    ) -> c_int {
        from_result(|| {
            // SAFETY: By the safety requirements of this function.
            let member = unsafe { self.find(member) }?;
            // The kernel sets callbacks.
            if !matches!(member.kind, MemberKind::Value | MemberKind::Private) {
                return Ok(0);
            }
            // SAFETY: By the safety requirements of `StructOps`, the member lies in the table.
            let from = unsafe { udata.cast::<u8>().add(member.offset) };
            // SAFETY: By the safety requirements of `StructOps`, this one lies in the other table.
            let to = unsafe { kdata.cast::<u8>().add(member.offset) };
            // SAFETY: The member has this size in both tables, and nobody else uses `kdata`.
            unsafe { to.copy_from_nonoverlapping(from, member.size) };
            // SAFETY: As above; it has just been written, and the reference does not leave this function.
            let value = unsafe { slice::from_raw_parts_mut(to, member.size) };
            let is_zero = value.iter().all(|byte| *byte == 0);
            if member.kind == MemberKind::Private {
                if is_zero {
                    return Ok(1);
                }
                return Err(self.refuse(member, "user space has to leave it zero"));
            }
            if let Some(default) = member.default.filter(|_| is_zero) {
                default(value);
            }
            if member.check.is_some_and(|check| !check(value)) {
                return Err(self.refuse(member, "what user space has set is no value of it"));
            }
            (self.init_member)(member, value)?;
            Ok(1)
        })
    }

    /// Says in the log why a table is refused.
    #[cold]
    fn refuse(&self, member: &Member, why: &str) -> Error {
        pr_warn!("{}: `{}`: {why}\n", self.name, member.name);
        EINVAL
    }

    /// Are the programs there that have to be?
    ///
    /// # Safety
    ///
    /// `kdata` is a table of this type.
    unsafe fn check_required(&self, kdata: *mut c_void) -> Result {
        for member in self.members {
            if !matches!(member.kind, MemberKind::Callback { required: true, .. }) {
                continue;
            }
            // SAFETY: By the safety requirements of `StructOps`, the member lies in the table.
            let function = unsafe { kdata.cast::<u8>().add(member.offset) };
            // SAFETY: A callback is a pointer, and the table is valid.
            if unsafe { function.cast::<*const c_void>().read() }.is_null() {
                return Err(self.refuse(member, "a program has to implement it"));
            }
        }
        Ok(())
    }
}

/// The table behind `kdata`.
///
/// # Safety
///
/// `kdata` is one of type `T::Raw`, so it is not null.
unsafe fn table<T: StructOpsType>(kdata: *mut c_void) -> NonNull<Ops<T>> {
    // SAFETY: By the safety requirements of this function.
    unsafe { NonNull::new_unchecked(kdata.cast()) }
}

impl<T: StructOpsType> Callbacks<T> {
    const TYPE: &'static Type = &Type {
        name: T::NAME,
        members: T::MEMBERS,
        check_member: T::check_member,
        init_member: T::init_member,
        prepare: T::PREPARE,
    };

    /// # Safety
    ///
    /// None beyond being called by the registry.
    unsafe extern "C" fn init(btf: *mut bindings::btf) -> c_int {
        level::init(T::descriptor().definition(), btf);
        from_result(|| T::init().map(|()| 0))
    }

    /// # Safety
    ///
    /// `member` and `prog` are valid during the call, and `prog` is for this type.
    unsafe extern "C" fn check_member(
        _t: *const bindings::btf_type,
        member: *const bindings::btf_member,
        prog: *const bindings::bpf_prog,
    ) -> c_int {
        // SAFETY: By the safety requirements of this function; the reference does not leave it.
        let prog = unsafe { Prog::from_raw(prog) };
        if let Err(error) = level::check_program::<T>(prog) {
            return error.to_errno();
        }
        // SAFETY: By the safety requirements of this function.
        unsafe { Self::TYPE.check_member(member, prog) }
    }

    /// Returns 1 if the member has been dealt with, 0 if the kernel has to.
    ///
    /// # Safety
    ///
    /// `member` is valid; `kdata` and `udata` are tables of type `T::Raw`, and nobody else uses
    /// `kdata`.
    unsafe extern "C" fn init_member(
        _t: *const bindings::btf_type,
        member: *const bindings::btf_member,
        kdata: *mut c_void,
        udata: *const c_void,
    ) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { Self::TYPE.init_member(member, kdata, udata) }
    }

    /// # Safety
    ///
    /// `kdata` is a table of type `T::Raw` in a map that is being set. Its members have been
    /// initialised.
    unsafe extern "C" fn validate(kdata: *mut c_void) -> c_int {
        from_result(|| {
            // SAFETY: By the safety requirements of this function.
            unsafe { level::check_programs::<T>(T::descriptor().definition(), kdata)? };
            // SAFETY: By the safety requirements of this function.
            unsafe { Self::TYPE.check_required(kdata)? };
            // SAFETY: By the safety requirements of this function.
            let table = unsafe { table::<T>(kdata) }.cast::<T>();
            // SAFETY: By the safety requirements of this function. A `&T` gives no access to the
            // callbacks, and does not leave this call.
            T::validate(unsafe { table.as_ref() })?;
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `kdata` is a table of type `T::Raw` that `validate` has accepted. It is valid until `unreg` or
    /// `update` has replaced it, or until an error is returned. `link` is null, or valid until `unreg`
    /// has returned, or until an error is returned.
    unsafe extern "C" fn reg(kdata: *mut c_void, link: *mut bindings::bpf_link) -> c_int {
        from_result(|| {
            // SAFETY: By the safety requirements of this function.
            let table = unsafe { table::<T>(kdata) };
            // SAFETY: `validate` has seen to the invariants of `Ops`. `unreg` and `update` take the
            // table, and with it the link, out of the slot.
            let attempt = unsafe { Attempt::new(None, table, link) };
            let result = T::reg(attempt.attachment());
            attempt.finish(result).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// `reg` or `update` has returned success for `kdata`, which is valid during the call.
    unsafe extern "C" fn unreg(kdata: *mut c_void, _link: *mut bindings::bpf_link) {
        // SAFETY: By the safety requirements of this function.
        let table = unsafe { table::<T>(kdata) };
        T::slot().detach(table);
        // SAFETY: By the safety requirements of this function; the reference does not leave it.
        T::unreg(unsafe { table.as_ref() });
    }

    /// # Safety
    ///
    /// `kdata` is a table of type `T::Raw` that `validate` has accepted. It is valid until `unreg` or the
    /// next `update` has replaced it, or until an error is returned. `old_kdata` is what `reg` or `update`
    /// accepted last for this link, which is valid until `unreg` has returned.
    unsafe extern "C" fn update(
        kdata: *mut c_void,
        old_kdata: *mut c_void,
        link: *mut bindings::bpf_link,
    ) -> c_int {
        from_result(|| {
            // SAFETY: By the safety requirements of this function.
            let old = unsafe { table::<T>(old_kdata) };
            // SAFETY: As above.
            let table = unsafe { table::<T>(kdata) };
            // SAFETY: `validate` has seen to the invariants of `Ops`. `unreg` and the next `update` take
            // the table, and with it the link, out of the slot.
            let attempt = unsafe { Attempt::new(Some(old), table, link) };
            // SAFETY: By the safety requirements of this function; the reference does not leave it.
            let old = unsafe { old.as_ref() };
            let result = T::update(attempt.attachment(), old);
            attempt.finish(result).map(|()| 0)
        })
    }

    /// The description of `T`, without a name and an owner.
    pub(crate) const fn describe() -> bindings::bpf_struct_ops {
        let mut st_ops: bindings::bpf_struct_ops = pin_init::zeroed();
        st_ops.verifier_ops = T::VERIFIER_OPS;
        st_ops.init = Some(Self::init);
        st_ops.check_member = Some(Self::check_member);
        st_ops.init_member = Some(Self::init_member);
        st_ops.reg = Some(Self::reg);
        st_ops.unreg = Some(Self::unreg);
        st_ops.update = Some(Self::update);
        st_ops.validate = Some(Self::validate);
        st_ops.cfi_stubs = T::STUBS.cast_mut().cast();
        st_ops
    }
}
