// SPDX-License-Identifier: GPL-2.0

//! Members of a table that are the kernel's own.
//!
//! They are in the BTF of the type, and zero when the table is made: user space cannot set them. What is
//! here is for tables that C code of the kernel keeps, and Rust does nothing with it. For state of the
//! module's there is `kernel::sync::atomic::Atomic`, with 32- and 64-bit integers, which the table gives
//! a reference to.
//!
//! # Examples
//!
//! ```
//! use kernel::sync::atomic::{Atomic, Relaxed};
//! use struct_ops::private::ListHead;
//!
//! #[struct_ops(slot = CODEC)]
//! struct CodecOps {
//!     encode: fn(level: u32) -> i32,
//!     list: ListHead,
//!     calls: Atomic<u64>,
//! }
//!
//! static CODEC: Exclusive<CodecOps> = Exclusive::new();
//! # impl StructOpsType for CodecOps {}
//!
//! fn encode(level: u32) -> Option<i32> {
//!     CODEC.with(|ops| {
//!         ops.calls().fetch_add(1, Relaxed);
//!         ops.encode(level)
//!     })
//! }
//! ```

use super::{
    CType,
    Spelling,
    Text, //
};
use kernel::{
    bindings,
    sync::atomic::Atomic,
    types::Opaque, //
};

macro_rules! privates {
    ($($(#[$doc:meta])* $name:ident: $c:literal $ty:ident in $header:literal;)*) => {
        $(
            $(#[$doc])*
            #[repr(transparent)]
            pub struct $name(Opaque<bindings::$ty>);

            // SAFETY: It is a transparent wrapper of what the header defines. Nothing is done with it.
            unsafe impl CType for $name {
                const C: Spelling = Spelling {
                    definition: Text::Str(concat!("#include <", $header, ">\n")),
                    before: Text::Str(concat!($c, " ")),
                    after: Text::NOTHING,
                };
                const SETTABLE: bool = false;

                type Raw = Self;
                type Read<'a> = &'a Self;

                #[inline]
                unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
                    // SAFETY: By the safety requirements of this function; an `Opaque` may change.
                    unsafe { &*raw }
                }
            }
        )*
    };
}
privates! {
    /// `struct list_head`.
    ListHead: "struct list_head" list_head in "linux/types.h";
    /// `struct hlist_node`.
    HlistNode: "struct hlist_node" hlist_node in "linux/types.h";
    /// `struct rb_node`.
    RbNode: "struct rb_node" rb_node in "linux/rbtree_types.h";
    /// `struct rcu_head`.
    RcuHead: "struct rcu_head" callback_head in "linux/types.h";
    /// `spinlock_t`.
    SpinLock: "spinlock_t" spinlock_t in "linux/spinlock_types.h";
    /// `struct mutex`.
    Mutex: "struct mutex" mutex in "linux/mutex.h";
    /// `refcount_t`.
    RefCount: "refcount_t" refcount_t in "linux/refcount.h";
    /// `struct work_struct`.
    Work: "struct work_struct" work_struct in "linux/workqueue.h";
}

macro_rules! atomics {
    ($($ty:ident $c:literal)*) => {
        $(
            // SAFETY: C's is a struct of one such number. Any bits are one, and it may change.
            unsafe impl CType for Atomic<$ty> {
                const C: Spelling = Spelling::builtin($c);
                const SETTABLE: bool = false;

                type Raw = Self;
                type Read<'a> = &'a Self;

                #[inline]
                unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
                    // SAFETY: By the safety requirements of this function; an `Atomic` may change.
                    unsafe { &*raw }
                }
            }
        )*
    };
}
atomics! { u32 "atomic_t " i32 "atomic_t " u64 "atomic64_t " i64 "atomic64_t " }
