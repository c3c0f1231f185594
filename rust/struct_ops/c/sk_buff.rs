// SPDX-License-Identifier: GPL-2.0

//! Packets, which the `kernel` crate has no type for yet.

use crate::BpfCounted;
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::aref::{
        ARef,
        AlwaysRefCounted, //
    },
    types::Opaque, //
};

/// Wraps the kernel's `struct sk_buff`.
///
/// A callback can take it as `&SkBuff`, or as `ARef<SkBuff>`, which the program has to release, and return it
/// as `Option<ARef<SkBuff>>`. `bpf_kfree_skb()` is for queueing disciplines in C only, so a module has a kfunc
/// for that.
///
/// C header: [`include/linux/skbuff.h`](srctree/include/linux/skbuff.h).
///
/// # Examples
///
/// ```
/// use struct_ops::SkBuff;
///
/// #[struct_ops(slot = LINE)]
/// struct LineOps {
///     /// Gets the packet, and drops it.
///     enqueue: fn(packet: ARef<SkBuff>) -> i32,
/// }
///
/// static LINE: Exclusive<LineOps> = Exclusive::new();
/// # impl StructOpsType for LineOps {}
///
/// /// Drops a packet.
/// #[kfunc(only(LineOps))]
/// fn example_drop(packet: ARef<SkBuff>) {
///     drop(packet);
/// }
/// ```
///
/// # Invariants
///
/// All instances are valid packets created by the C portion of the kernel.
#[repr(transparent)]
pub struct SkBuff(Opaque<bindings::sk_buff>);

impl SkBuff {
    /// Allocates a packet without data, with room for `size` bytes. Does not sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// # use struct_ops::SkBuff;
    /// # fn example() -> Result {
    /// let packet: ARef<SkBuff> = SkBuff::new(1500)?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn new(size: u32) -> Result<ARef<Self>> {
        // SAFETY: This function can be called with any size; it fails for those that are too large.
        let raw =
            unsafe { bindings::__alloc_skb(size, bindings::GFP_ATOMIC, 0, bindings::NUMA_NO_NODE) };
        let raw = NonNull::new(raw).ok_or(ENOMEM)?;
        // SAFETY: It is a packet, of which we have the only reference.
        Ok(unsafe { ARef::from_raw(raw.cast()) })
    }
}

// SAFETY: A packet is there as long as somebody has a reference, which `users` counts.
unsafe impl AlwaysRefCounted for SkBuff {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: By the type invariants, it is a packet, which has this field.
        let users = unsafe { &raw mut (*self.0.get()).users };
        // SAFETY: The packet is there, so its count is not 0.
        unsafe { bindings::refcount_inc(users) };
    }

    #[inline]
    unsafe fn dec_ref(object: NonNull<Self>) {
        let packet = object.as_ptr().cast();
        // What `kfree_skb()` is.
        let reason = bindings::skb_drop_reason_SKB_DROP_REASON_NOT_SPECIFIED;
        // SAFETY: The caller gives up a reference to a packet.
        unsafe { bindings::sk_skb_reason_drop(ptr::null(), packet, reason) };
    }
}

// SAFETY: `bpf_kfree_skb()` and `bpf_qdisc_skb_drop()` release what `users` counts.
unsafe impl BpfCounted for SkBuff {}
