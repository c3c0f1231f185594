// SPDX-License-Identifier: GPL-2.0

//! BPF struct_ops types, defined by Rust modules.
//!
//! A struct_ops type is a C struct of function pointers that a BPF program can implement: a
//! congestion control, a scheduler, a HID fixup. This crate lets a module define such a type in
//! safe Rust, and hold and call what programs attach.
//!
//! C headers: [`include/linux/bpf.h`](srctree/include/linux/bpf.h),
//! [`include/linux/btf.h`](srctree/include/linux/btf.h).
//!
//! # The story
//!
//! 1. The module defines the type once, with [`#[struct_ops]`](macro@struct_ops). The build derives
//!    the C struct, its BTF and the stubs from the same definition.
//! 2. [`register_struct_ops!`] announces the type to BPF while the [`Registration`] lives.
//! 3. User space creates a map of the type: one table, [`StructOpsType::init_member`] for each value
//!    it sets, [`StructOpsType::validate`] for the whole. From now until the map is freed the module
//!    cannot be unloaded.
//! 4. User space attaches the map: [`StructOpsType::reg`], which by default puts the table into the
//!    type's [`Slot`].
//! 5. The module calls the program through the slot, for example [`Exclusive::with`].
//! 6. User space detaches the map, or the module takes it away ([`Exclusive::eject`]). When
//!    [`StructOpsType::unreg`] runs, the slot has forgotten the table and no call through it is
//!    running.
//!
//! ```
//! use kernel::prelude::*;
//! use struct_ops::prelude::*;
//!
//! module! { type: Quota, name: "quota", authors: ["…"], description: "…", license: "GPL", }
//!
//! #[struct_ops(slot = POLICY)]
//! pub struct QuotaOps {
//!     /// Charges `bytes` to `task`; a non-zero value denies.
//!     charge: fn(task: Option<&Task>, bytes: u64) -> i32,
//!     /// Set by user space before it loads the map.
//!     limit: u64,
//! }
//!
//! static POLICY: Exclusive<QuotaOps> = Exclusive::new();
//!
//! impl StructOpsType for QuotaOps {
//!     fn validate(ops: &Self) -> Result {
//!         if ops.limit() == 0 { Err(EINVAL) } else { Ok(()) }
//!     }
//! }
//!
//! #[pin_data]
//! struct Quota {
//!     #[pin]
//!     _ops: Registration<QuotaOps>,
//! }
//!
//! impl kernel::InPlaceModule for Quota {
//!     fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
//!         try_pin_init!(Self { _ops <- register_struct_ops!(QuotaOps) })
//!     }
//! }
//!
//! fn charge(task: &Task, bytes: u64) -> i32 {
//!     POLICY.with(|p| p.charge(Some(task), bytes)).unwrap_or(0)
//! }
//! ```
//!
//! # Why this is sound
//!
//! *The module stays.* Every live map holds the module that owns its type, from creation to free.
//! What the registry keeps a pointer to (the [`Descriptor`], the callbacks, the name, the stubs) is
//! static, so it lives as long as the module.
//!
//! *The table stays while it can be called.* `kdata` is valid from before
//! [`reg`](StructOpsType::reg) until `unreg` has returned. A `&T` or [`&Ops<T>`](Ops) is only handed
//! out inside those bounds, with a lifetime that cannot leave the call. The one way to keep a table
//! for longer is [`Attachment::attach`], which puts it into the type's own [`Slot`]; the callback of
//! the registry takes it out again, whatever the author wrote, and a slot returns from
//! [`Slot::detach`] only when no call runs and none can start.
//! A [`Handle`] is the exception: it counts a reference to the map, and can be called for as long.
//!
//! *Required callbacks are there.* The registry's `validate` refuses a table that lacks one before
//! anybody can see an [`Ops`].
//!
//! *Values are values.* User space and programs may leave any bits behind: members and return types
//! are limited to types for which any bits are a value.
//!
//! *References are counted once.* An `ARef` goes to a program, or comes from one, only where both count
//! in the same way: see [`BpfCounted`]. Of a [`Refcounted`] struct programs have only what the module
//! has given them as an `Arc`, and the verifier sees to it that they give that back at most once. A kernel
//! without `patches/1-fixes` lets a program keep one for ever.
//!
//! *Programs may only do what the types say.* Each type says by an `unsafe` trait how it crosses into C
//! and BPF: [`CType`], [`Argument`], [`Output`], [`KfuncArgument`], [`KfuncOutput`]. The raw type, the
//! spelling in C, the name from which the verifier reads the rules, and the conversion are in one
//! implementation. The macros use these traits only, and believe no name. The kernel does go by names,
//! of kfuncs and of the ends of arguments; the build compares or derives those. C compares the layout
//! of each table and struct with that of rustc, and kCFI the signatures at run time. All of this is as
//! good as the verifier is: `Documentation/verifier.md` lists the holes that are open.
//!
//! *Registration* ends when the [`Registration`] is dropped, also when a module's `init` fails
//! later on. Live maps do not mind: their type can no longer be found, but works until they go.

mod c;
pub mod code;
#[cfg(CONFIG_MODULE_UNLOAD)]
pub mod exec;
mod registry;
mod slot;
mod table;

#[cfg(CONFIG_NET)]
pub use c::SkBuff;
#[doc(hidden)]
pub use c::{
    check_words,
    is_value,
    taken,
    Foreign,
    Late,
    LatePass,
    LateReturn,
    Preset,
    Role,
    Spelling,
    Text,
    Union, //
};
pub use c::{
    private,
    Address,
    Addressed,
    Argument,
    Bool,
    BufSize,
    CEnum,
    CStruct,
    CType,
    Cgroup,
    Char,
    Const,
    Flags,
    KfuncArgument,
    KfuncOutput,
    Lent,
    ModulePtr,
    Name,
    Output,
    Pass,
    Plain,
    Pointee,
    Refcounted,
    Return,
    Trusted, //
};
pub use code::{
    Arguments,
    Around,
    ChooseEpilogue,
    ChoosePrologue,
    Epilogue,
    Prologue, //
};
pub use registry::{
    register_kfuncs,
    Attachment,
    Caller,
    Descriptor,
    Prog,
    Register,
    Registration,
    StructOpsType, //
};
#[doc(hidden)]
pub use slot::CRegistry;
#[cfg(CONFIG_INET)]
pub use slot::TcpCongestion;
pub use slot::{
    CRegistrar,
    Counted,
    Exclusive,
    Handle,
    InOrder,
    Many,
    ObjectSlot,
    PerObject,
    Protection,
    Rcu,
    RcuGuard,
    SleepableStructOps,
    Slot,
    Srcu,
    SrcuGuard,
    TablesInOrder, //
};
pub use struct_ops_macros::{
    c_enum,
    c_struct,
    c_union,
    kernel_struct,
    kfunc,
    struct_ops, //
};
pub use table::{
    Arena,
    BpfCounted,
    Field,
    Integer,
    Member,
    MemberKind,
    Ops,
    Shared,
    SharedArray,
    SharedBytes,
    SharedText,
    SleepableOps,
    StructOps, //
};
#[doc(hidden)]
pub use table::{
    Clamp,
    Prepare,
    Table, //
};

/// What a module that defines a struct_ops type needs.
pub mod prelude {
    pub use crate::{
        c_enum,
        c_struct,
        c_union,
        field,
        kernel_struct,
        kfunc,
        register_kfuncs,
        register_struct_ops,
        struct_ops,
        Address,
        Arena,
        Attachment,
        Caller,
        Cgroup,
        Char,
        Const,
        Counted,
        Epilogue,
        Exclusive,
        Handle,
        InOrder,
        Many,
        Member,
        ModulePtr,
        Name,
        ObjectSlot,
        Ops,
        PerObject,
        Prog,
        Prologue,
        Registration,
        Shared,
        SharedBytes,
        SleepableOps,
        Srcu,
        StructOpsType, //
    };
    pub use kernel::{
        sync::{
            aref::ARef,
            Arc, //
        },
        task::Task, //
    };
}

/// For the log lines of this crate, which is linked into each module that uses it.
const __LOG_PREFIX: &[u8] = b"struct_ops\0";
