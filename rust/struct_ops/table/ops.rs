// SPDX-License-Identifier: GPL-2.0

//! The table of a struct_ops map, as safe code sees it.

use crate::{
    Around,
    Descriptor,
    Slot, //
};
use core::{
    ops::Deref,
    ptr, //
};
use kernel::{
    bindings,
    prelude::*,
    types::Opaque, //
};

/// A table that [`#[struct_ops]`](macro@crate::struct_ops) defined.
///
/// A `&Self` is the data of a table: the methods that the macro makes from its values. Callbacks
/// need [`Ops`].
///
/// # Examples
///
/// ```
/// fn describe<T: struct_ops::StructOps>() {
///     pr_info!("{} has {} members\n", T::NAME, T::MEMBERS.len());
/// }
///
/// #[struct_ops]
/// struct ClockOps {
///     tick: fn(),
///     period: u32,
/// }
/// # impl StructOpsType for ClockOps {}
///
/// # fn example() -> Result {
/// describe::<ClockOps>();
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// - `Self` is a transparent wrapper of `Table<Raw>`, and its methods only read.
/// - `Raw` is the C struct called `NAME`, for which the module `OWNER` has BTF. If `KERNEL`, it is that of
///   the kernel.
/// - `STUBS` points to a static with a stub for every callback that is not
///   [`MemberKind::Unsupported`], and NULL for those.
/// - `VERIFIER_OPS` points to a static, and `PREPARE` takes a program of this type.
/// - `MEMBERS` describes every member of `Raw`.
/// - `slot` always returns the same slot, and `descriptor` the one descriptor of the type.
/// - `mutex` always returns the same `struct mutex`, which is initialised, lives as long as the
///   module, and is used by this crate only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a struct_ops type",
    label = "not a struct_ops type",
    note = "put `#[struct_ops]` before its definition"
)]
pub unsafe trait StructOps: Sized + Sync + 'static {
    /// The table as C sees it.
    type Raw;

    /// The module that defines the type.
    const OWNER: *mut bindings::module;

    /// The name that the kernel and BPF know.
    const NAME: &'static CStr;

    /// Has a header of the kernel the struct, which C has compared with `Raw`?
    #[doc(hidden)]
    const KERNEL: bool = false;

    /// Every member, in the order of the table.
    const MEMBERS: &'static [Member];

    /// The stubs of the callbacks.
    const STUBS: *const Self::Raw;

    /// What the verifier asks about programs of this type.
    const VERIFIER_OPS: *const bindings::bpf_verifier_ops;

    /// To be called before a program is verified, for `VERIFIER_OPS`.
    const PREPARE: Prepare;

    /// Where attached tables are held.
    fn slot() -> &'static dyn Slot<Self>;

    /// What orders the changes of the slot.
    #[doc(hidden)]
    fn mutex() -> *mut bindings::mutex;

    /// What the registry knows the type by.
    fn descriptor() -> &'static Descriptor<Self>;
}

/// Tells the C unit what has become of the BTF ids of the module.
#[doc(hidden)]
pub type Prepare = unsafe extern "C" fn(*const bindings::bpf_prog);

/// What is behind a struct with [`#[struct_ops]`](macro@crate::struct_ops).
///
/// # Invariants
///
/// While a `&Table<R>` exists, there is an `R` that nobody writes to, but to members whose types allow
/// that through a shared reference. The types of its values have accepted what user space has set.
#[doc(hidden)]
#[repr(transparent)]
pub struct Table<R>(Opaque<R>);

impl<R> Table<R> {
    /// A pointer to it.
    #[inline]
    pub fn as_ptr(&self) -> *const R {
        self.0.get()
    }
}

// SAFETY: Nobody writes to it while it is shared, but to atomics, and its programs run on any CPU.
unsafe impl<R> Sync for Table<R> {}

// SAFETY: Nothing in it belongs to a thread.
unsafe impl<R> Send for Table<R> {}

/// A member of a table.
///
/// # Examples
///
/// ```
/// #[struct_ops]
/// struct TimerOps {
///     expire: fn(),
///     /// In ms, not zero.
///     period: u32,
/// }
///
/// impl StructOpsType for TimerOps {
///     fn init_member(member: &Member, value: &[u8]) -> Result {
///         if member.name == "period" && value.iter().all(|byte| *byte == 0) {
///             return Err(EINVAL);
///         }
///         Ok(())
///     }
/// }
/// ```
pub struct Member {
    /// Its name, the same in Rust, C and BPF.
    pub name: &'static str,
    /// Its offset in the table, in bytes.
    pub offset: usize,
    /// Its size, in bytes.
    pub size: usize,
    /// What it is for.
    pub kind: MemberKind,
    /// Writes what the value is if user space leaves it zero.
    #[doc(hidden)]
    pub default: Option<fn(&mut [u8])>,
    /// Which bytes are a value, see [`CType::CHECK`](crate::CType::CHECK).
    #[doc(hidden)]
    pub check: Option<fn(&[u8]) -> bool>,
    /// What runs before and after its programs.
    #[doc(hidden)]
    pub around: Around,
}

/// What a member is for.
///
/// # Examples
///
/// ```
/// use struct_ops::MemberKind;
///
/// /// How many callbacks a program has to implement.
/// fn required<T: struct_ops::StructOps>() -> usize {
///     let required = |kind| matches!(kind, MemberKind::Callback { required: true, .. });
///     T::MEMBERS.iter().filter(|member| required(member.kind)).count()
/// }
///
/// #[struct_ops]
/// struct LampOps {
///     on: fn(),
///     off: fn(),
///     #[optional]
///     dim: fn(percent: u32),
/// }
/// # impl StructOpsType for LampOps {}
///
/// # fn example() -> Result {
/// assert_eq!(required::<LampOps>(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A function that programs implement.
    Callback {
        /// Programs may not leave it out.
        required: bool,
        /// Sleepable programs may implement it.
        sleepable: bool,
        /// Programs have a stack of their own.
        private_stack: bool,
    },
    /// A callback that no program may implement.
    Unsupported,
    /// A value that user space sets before it loads the map.
    Value,
    /// A value that user space has to leave zero.
    Private,
}

impl MemberKind {
    /// The kind of a value of a type with this [`CType::SETTABLE`](crate::CType::SETTABLE).
    #[doc(hidden)]
    pub const fn of_value(settable: bool) -> Self {
        if settable {
            Self::Value
        } else {
            Self::Private
        }
    }
}

/// A table whose callbacks can be called.
///
/// It dereferences to `T`, so the values of the table can be read as well. The callbacks are the
/// methods that [`#[struct_ops]`](macro@crate::struct_ops) makes, with `self: &Ops<Self>`. A call
/// runs the program under its own protection (RCU); it can be made from any context in which
/// kernel code may take an RCU read lock.
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = METER)]
/// struct MeterOps {
///     measure: fn(id: u32) -> u64,
///     /// What `measure` counts in.
///     unit: u64,
/// }
///
/// static METER: Exclusive<MeterOps> = Exclusive::new();
/// # impl StructOpsType for MeterOps {}
///
/// fn total(ops: &Ops<MeterOps>) -> u64 {
///     let count = ops.measure(0).saturating_add(ops.measure(1));
///     pr_info!("the map {} says {}\n", ops.map_id(), count);
///     count.saturating_mul(ops.unit())
/// }
///
/// fn measure() -> Option<u64> {
///     METER.with(total)
/// }
/// ```
///
/// # Invariants
///
/// While a `&Ops<T>` exists, the table behind it is that of a live map, nobody writes to it as for
/// [`Table`], members are NULL or trampolines of the member's type, and required members are not NULL.
#[repr(transparent)]
pub struct Ops<T: StructOps>(T);

impl<T: StructOps> Ops<T> {
    /// The id of the map that the table is in, by which user space and programs know it.
    pub fn map_id(&self) -> u32 {
        // SAFETY: By the type invariants, this is the table of a live map.
        unsafe { bindings::bpf_struct_ops_id(ptr::from_ref(self).cast()) }
    }
}

impl<T: StructOps> Deref for Ops<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

/// An [`Ops`] whose callbacks may sleep during the call.
///
/// A slot hands it out if its protection allows callers to sleep. Callbacks that are `#[sleepable]`
/// can be called only through this, the others as well (it dereferences to [`Ops`]).
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = CACHE)]
/// struct CacheOps {
///     /// May wait for memory.
///     #[sleepable]
///     fill: fn() -> i32,
///     hit: fn() -> i32,
/// }
///
/// static CACHE: Exclusive<CacheOps, Srcu> = Exclusive::new();
/// # impl StructOpsType for CacheOps {}
///
/// fn look_up(ops: &SleepableOps<CacheOps>) -> i32 {
///     match ops.hit() {
///         0 => ops.fill(),
///         hit => hit,
///     }
/// }
///
/// # fn example() -> Result {
/// assert!(CACHE.with(look_up).is_none());
/// # Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// Those of [`Ops`], and whatever keeps the table alive is not an RCU read-side critical section.
#[repr(transparent)]
pub struct SleepableOps<T: StructOps>(Ops<T>);

impl<T: StructOps> SleepableOps<T> {
    /// Lets callbacks sleep. The caller sees to the invariants.
    #[inline]
    pub(crate) fn from_ref(ops: &Ops<T>) -> &Self {
        // SAFETY: `SleepableOps` is a transparent wrapper of `Ops`.
        unsafe { &*ptr::from_ref(ops).cast() }
    }
}

impl<T: StructOps> Deref for SleepableOps<T> {
    type Target = Ops<T>;

    #[inline]
    fn deref(&self) -> &Ops<T> {
        &self.0
    }
}

/// What a callback with `#[clamp]` returns.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only a callback that returns `i32` can be clamped to the range of an `errno`",
    label = "not `i32`"
)]
pub trait Clamp {
    /// `self` if it is 0 or a negative `errno`, else `error`.
    fn clamp(self, error: Error) -> Self;
}

impl Clamp for i32 {
    #[inline]
    fn clamp(self, error: Error) -> Self {
        if (-(bindings::MAX_ERRNO as i32)..=0).contains(&self) {
            self
        } else {
            error.to_errno()
        }
    }
}
