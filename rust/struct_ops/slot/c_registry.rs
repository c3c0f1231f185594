// SPDX-License-Identifier: GPL-2.0

//! A slot for tables that C code of the kernel keeps.

use super::place::Writer;
use crate::{
    Member,
    MemberKind,
    Ops,
    Slot,
    StructOps,
    Text, //
};
use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

/// A slot that hands each table to a registry of the kernel: `#[struct_ops(registry = …)]` makes one.
///
/// # Invariants
///
/// `attached` has the tables that `R` has registered and not unregistered. It is used by a `Writer` only.
#[doc(hidden)]
pub struct CRegistry<T: StructOps, R: CRegistrar> {
    attached: UnsafeCell<Option<KBox<Node<T>>>>,
    _registrar: PhantomData<fn() -> R>,
}

/// May programs sleep?
#[inline]
const fn any_sleeps(members: &[Member]) -> bool {
    let mut i = 0;
    while i < members.len() {
        if matches!(
            members[i].kind,
            MemberKind::Callback {
                sleepable: true,
                ..
            }
        ) {
            return true;
        }
        i += 1;
    }
    false
}

struct Node<T: StructOps> {
    table: NonNull<Ops<T>>,
    next: Option<KBox<Node<T>>>,
}

// SAFETY: By the type invariants, one thread at a time uses it.
unsafe impl<T: StructOps, R: CRegistrar> Sync for CRegistry<T, R> {}

impl<T: StructOps, R: CRegistrar> CRegistry<T, R> {
    /// Creates a slot without tables.
    #[expect(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        const {
            assert!(
                T::KERNEL && crate::code::same(T::NAME, R::STRUCT),
                "this registry is for another struct of the kernel"
            );
            assert!(
                R::MAY_SLEEP || !any_sleeps(T::MEMBERS),
                "C code calls it where nobody may sleep: no callback is `#[sleepable]`"
            );
        }
        // INVARIANT: There is none.
        Self {
            attached: UnsafeCell::new(None),
            _registrar: PhantomData,
        }
    }

    /// The tables that are registered.
    fn attached<'a>(&self, _writer: &'a mut Writer<T>) -> &'a mut Option<KBox<Node<T>>> {
        // SAFETY: By the type invariants, only who has the `Writer` uses it, and it is borrowed. A slot
        // is static.
        unsafe { &mut *self.attached.get() }
    }
}

/// Where a table is in the list, or the end of it.
fn find<T: StructOps>(
    mut list: &mut Option<KBox<Node<T>>>,
    table: NonNull<Ops<T>>,
) -> &mut Option<KBox<Node<T>>> {
    while list.as_ref().is_some_and(|node| node.table != table) {
        match list {
            Some(node) => list = &mut node.next,
            None => unreachable!(),
        }
    }
    list
}

// SAFETY: It hands out tables to `R` only. `detach()` and `replace()` unregister what is registered; by
// the safety requirements of `CRegistrar`, C code does not use the table afterwards, but for users who
// have counted the map, as a `Handle` does.
unsafe impl<T: StructOps, R: CRegistrar> Slot<T> for CRegistry<T, R> {
    unsafe fn attach(&self, ops: NonNull<Ops<T>>, _link: *mut bindings::bpf_link) -> Result {
        let mut writer = Writer::lock();
        let list = self.attached(&mut writer);
        if find(list, ops).is_some() {
            return Err(EBUSY);
        }
        let next = None;
        let mut node = KBox::new(Node { table: ops, next }, GFP_KERNEL)?;
        // SAFETY: `R` is for this struct. By the safety requirements of this function, the table stays
        // until it is unregistered.
        to_result(unsafe { R::register(ops.as_ptr().cast()) })?;
        node.next = list.take();
        // INVARIANT: It has just been registered.
        *list = Some(node);
        Ok(())
    }

    unsafe fn replace(&self, old: NonNull<Ops<T>>, new: NonNull<Ops<T>>) -> Result {
        let mut writer = Writer::lock();
        let list = self.attached(&mut writer);
        if new != old && find(list, new).is_some() {
            return Err(EBUSY);
        }
        let node = find(list, old).as_mut().ok_or(ENOENT)?;
        // SAFETY: `R` is for this struct, and has `old`. By the safety requirements of this function, `new`
        // stays until it is unregistered.
        to_result(unsafe { R::update(new.as_ptr().cast(), old.as_ptr().cast()) })?;
        // INVARIANT: `R` has `new` in the place of `old`.
        node.table = new;
        Ok(())
    }

    fn detach(&self, ops: NonNull<Ops<T>>) {
        let mut writer = Writer::lock();
        let place = find(self.attached(&mut writer), ops);
        if let Some(node) = place.take() {
            // INVARIANT: It is unregistered now.
            *place = KBox::into_inner(node).next;
            // SAFETY: `R` is for this struct, and has registered the table.
            unsafe { R::unregister(ops.as_ptr().cast()) };
        }
    }
}

/// A registry of the kernel, written in C.
///
/// It is for types with `#[struct_ops(kernel = "…")]`: the table is the struct that C code knows. Nothing
/// in Rust calls it. Attaching registers the table, detaching unregisters it, and updating a link replaces
/// it by another where the registry can do that (else `EOPNOTSUPP`). What the registry says is what user
/// space gets.
///
/// # Examples
///
/// ```ignore
/// #[struct_ops(kernel = "net/tcp.h", registry = TcpCongestion)]
/// struct TcpCongestionOps { /* all members */ }
///
/// impl StructOpsType for TcpCongestionOps {}
/// ```
///
/// # Safety
///
/// It is for the struct that C calls `STRUCT`. Between `register()` and `unregister()` C code may read
/// the table, call its callbacks and write to members that are private. When `unregister()` has returned, and
/// for the old table when `update()` has, only users do that who have counted it with
/// `bpf_try_module_get()`, and until they give it back.
///
/// C code passes to a callback what its type says: a struct that is `passed_as` another is that struct, and
/// NULL for no reference. It calls callbacks where programs may sleep if `MAY_SLEEP`, and where they may call
/// the helpers that `HELPERS` gives them.
pub unsafe trait CRegistrar {
    /// The name of the struct.
    const STRUCT: &'static CStr;

    /// Are callbacks called where one may sleep?
    const MAY_SLEEP: bool = false;

    /// What C has to read before `HELPERS`.
    #[doc(hidden)]
    const HEADERS: Text = Text::NOTHING;

    /// Statements of C that return the `struct bpf_func_proto` of a helper (`func_id`) that programs (`prog`)
    /// may call beside those of all types.
    #[doc(hidden)]
    const HELPERS: Text = Text::NOTHING;

    /// Registers a table; returns 0 or a negative `errno`. May sleep.
    ///
    /// # Safety
    ///
    /// `table` is a `STRUCT`, which stays until it is unregistered, and is not registered.
    unsafe fn register(table: *mut c_void) -> c_int;

    /// Unregisters a table. May sleep.
    ///
    /// # Safety
    ///
    /// `table` is registered.
    unsafe fn unregister(table: *mut c_void);

    /// Puts a table in the place of `old`; returns 0 or a negative `errno`. May sleep.
    ///
    /// # Safety
    ///
    /// `old` is registered, and for `new` the requirements of [`CRegistrar::register`] hold.
    unsafe fn update(_new: *mut c_void, _old: *mut c_void) -> c_int {
        EOPNOTSUPP.to_errno()
    }
}

/// The congestion controls of TCP: `struct tcp_congestion_ops`.
///
/// C header: [`include/net/tcp.h`](srctree/include/net/tcp.h).
///
/// Links are updated, and programs may call the helpers of `net/ipv4/bpf_tcp_ca.c`, on a kernel with the
/// patches in `samples/tcp_ca/patches/`. Others do not export what that takes.
///
/// # Examples
///
/// ```
/// use struct_ops::{CRegistrar, TcpCongestion};
///
/// const _: () = assert!(TcpCongestion::STRUCT.count_bytes() == 18);
/// ```
#[cfg(CONFIG_INET)]
pub struct TcpCongestion;

#[cfg(CONFIG_INET)]
extern "C" {
    fn tcp_register_congestion_control(ops: *mut c_void) -> c_int;
    fn tcp_unregister_congestion_control(ops: *mut c_void);
    #[cfg(CONFIG_BPF_TCP_CA_EXTERN)]
    fn tcp_validate_congestion_control(ops: *mut c_void) -> c_int;
    #[cfg(CONFIG_BPF_TCP_CA_EXTERN)]
    fn tcp_update_congestion_control(new: *mut c_void, old: *mut c_void) -> c_int;
}

#[cfg(CONFIG_INET)]
// SAFETY: The list of congestion controls is walked under RCU, and `tcp_unregister_congestion_control()`
// and `tcp_update_congestion_control()` wait for its readers. A socket that keeps one has counted it with
// `bpf_try_module_get()`, as `tcp_set_congestion_control()` and `tcp_assign_congestion_control()` do. The
// members that are written to are `list` and `key`. All callbacks get sockets of TCP, and none gets NULL.
// They are called with the socket locked, which is what the helpers for sockets need. `release` is
// called when the socket leaves the control, and must not let it take another: it gets no `setsockopt`.
unsafe impl CRegistrar for TcpCongestion {
    const STRUCT: &'static CStr = c"tcp_congestion_ops";

    #[cfg(CONFIG_BPF_TCP_CA_EXTERN)]
    const HEADERS: Text = Text::Str("#include <net/bpf_sk_storage.h>\n");

    #[cfg(CONFIG_BPF_TCP_CA_EXTERN)]
    const HELPERS: Text = Text::Str(
        "	switch (func_id) {
	case BPF_FUNC_tcp_send_ack:
		return &bpf_tcp_send_ack_proto;
	case BPF_FUNC_sk_storage_get:
		return &bpf_sk_storage_get_proto;
	case BPF_FUNC_sk_storage_delete:
		return &bpf_sk_storage_delete_proto;
	case BPF_FUNC_setsockopt:
	case BPF_FUNC_getsockopt:
		if (prog->aux->attach_st_ops_member_off == offsetof(struct tcp_congestion_ops, release))
			return NULL;
		return func_id == BPF_FUNC_setsockopt ? &bpf_sk_setsockopt_nodelay_proto :
							&bpf_sk_getsockopt_proto;
	case BPF_FUNC_ktime_get_coarse_ns:
		return &bpf_ktime_get_coarse_ns_proto;
	default:
		break;
	}
",
    );

    #[inline]
    unsafe fn register(table: *mut c_void) -> c_int {
        // SAFETY: By the safety requirements of this function.
        unsafe { tcp_register_congestion_control(table) }
    }

    #[inline]
    unsafe fn unregister(table: *mut c_void) {
        // SAFETY: By the safety requirements of this function.
        unsafe { tcp_unregister_congestion_control(table) };
    }

    // Unlike the function that registers one, this does not look for the callbacks that C calls unasked.
    #[cfg(CONFIG_BPF_TCP_CA_EXTERN)]
    #[inline]
    unsafe fn update(new: *mut c_void, old: *mut c_void) -> c_int {
        // SAFETY: By the safety requirements of this function, it is a table, which this only reads.
        let valid = unsafe { tcp_validate_congestion_control(new) };
        if valid != 0 {
            return valid;
        }
        // SAFETY: By the safety requirements of this function, and it has the callbacks.
        unsafe { tcp_update_congestion_control(new, old) }
    }
}
