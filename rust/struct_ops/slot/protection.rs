// SPDX-License-Identifier: GPL-2.0

//! What keeps a table alive while it is called.

use crate::{
    Ops,
    SleepableOps,
    StructOps, //
};
use core::marker::PhantomData;
use kernel::{
    bindings,
    sync::rcu,
    types::NotThreadSafe, //
};

// `kernel::sync::rcu::Guard` calls a helper for each of the two, which makes a call through a slot dearer
// than the same in C (by `make bench`, 1.021 of it instead of 0.979, together with a load by `Atomic`, see
// `place::dereference()`). Where `rcu_read_lock()` is nothing but a call of `__rcu_read_lock()`, Rust can make that call, too,
// and not one of a helper that makes it.
#[cfg(all(CONFIG_PREEMPT_RCU, not(CONFIG_DEBUG_LOCK_ALLOC)))]
use bindings::{
    __rcu_read_lock as rcu_read_lock,
    __rcu_read_unlock as rcu_read_unlock, //
};
#[cfg(not(all(CONFIG_PREEMPT_RCU, not(CONFIG_DEBUG_LOCK_ALLOC))))]
use bindings::{
    rcu_read_lock,
    rcu_read_unlock, //
};

// The same goes for `srcu_read_lock()`: 1.034 of the call in C, and 0.993 without the helper.
#[cfg(all(CONFIG_TREE_SRCU, not(CONFIG_DEBUG_LOCK_ALLOC)))]
use bindings::{
    __srcu_read_lock as srcu_read_lock,
    __srcu_read_unlock as srcu_read_unlock, //
};
#[cfg(not(all(CONFIG_TREE_SRCU, not(CONFIG_DEBUG_LOCK_ALLOC))))]
use bindings::{
    srcu_read_lock,
    srcu_read_unlock, //
};

/// How a slot protects its readers.
///
/// # Examples
///
/// ```
/// use struct_ops::{Protection, Rcu};
///
/// #[struct_ops(slot = HOOK)]
/// struct HookOps {
///     #[optional]
///     hook: fn(),
/// }
///
/// # impl StructOpsType for HookOps {}
/// static HOOK: Exclusive<HookOps, Rcu> = Exclusive::new();
///
/// /// Whatever protects the slot.
/// fn holds<T: struct_ops::StructOps, P: Protection<T>>(slot: &Exclusive<T, P>) -> bool {
///     slot.with(|_ops| ()).is_some()
/// }
///
/// # fn example() -> Result {
/// assert!(!holds(&HOOK));
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// A table that [`Protection::read_lock`] was called for, and that was taken out of its slot
/// afterwards, is not touched by the reader after [`Protection::synchronize`] has returned.
/// `View` is `Ops<T>`, or `SleepableOps<T>` if readers may sleep.
pub unsafe trait Protection<T: StructOps> {
    /// What readers see of a table.
    type View;

    /// Ends the read-side critical section when it is dropped.
    type Guard;

    /// Are only tables attached that have a link? Others get `EOPNOTSUPP`.
    const NEEDS_LINK: bool = false;

    /// Enters a read-side critical section.
    fn read_lock() -> Self::Guard;

    /// Waits until all read-side critical sections that exist now have ended. May sleep.
    fn synchronize();

    /// Lets a reader see a table.
    fn view(ops: &Ops<T>) -> &Self::View;
}

/// RCU: readers must not sleep, and pay next to nothing.
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = FAST)]
/// struct FastOps {
///     decide: fn(id: u32) -> i32,
/// }
///
/// # impl StructOpsType for FastOps {}
/// static FAST: Exclusive<FastOps, struct_ops::Rcu> = Exclusive::new(); // as without `Rcu`
/// ```
pub struct Rcu;

/// Ends an RCU read-side critical section.
///
/// It is [`rcu::Guard`], but for the price.
///
/// # Examples
///
/// ```
/// # use struct_ops::{Protection, Rcu, RcuGuard};
/// #[struct_ops]
/// struct BuzzerOps {
///     buzz: fn() -> i32,
/// }
/// # impl StructOpsType for BuzzerOps {}
///
/// fn reader() -> RcuGuard {
///     <Rcu as Protection<BuzzerOps>>::read_lock()
/// }
/// ```
///
/// # Invariants
///
/// This thread is in a critical section, which belongs to the guard.
pub struct RcuGuard(NotThreadSafe);

impl RcuGuard {
    #[inline]
    fn new() -> Self {
        // SAFETY: It can be called anywhere.
        unsafe { rcu_read_lock() };
        // INVARIANT: The critical section has just begun.
        Self(NotThreadSafe)
    }
}

impl Drop for RcuGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants, there is a critical section to end.
        unsafe { rcu_read_unlock() };
    }
}

// SAFETY: This is what RCU is for. Its readers get `Ops`.
unsafe impl<T: StructOps> Protection<T> for Rcu {
    type View = Ops<T>;
    type Guard = RcuGuard;

    #[inline]
    fn read_lock() -> Self::Guard {
        RcuGuard::new()
    }

    fn synchronize() {
        rcu::synchronize_rcu();
    }

    #[inline]
    fn view(ops: &Ops<T>) -> &Ops<T> {
        ops
    }
}

/// RCU, and handles for callers that keep a table for longer: see
/// [`Exclusive::get`](crate::Exclusive::get).
///
/// Detaching a table does not wait for its handles. A map has to have a link
/// (`SEC(".struct_ops.link")`): of one that has none the registry would take the programs back, with
/// handles or not, if [`reg`](crate::StructOpsType::reg) fails after it has attached the table.
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = TIMEPIECE)]
/// struct TimepieceOps {
///     now: fn() -> u64,
/// }
///
/// static TIMEPIECE: Exclusive<TimepieceOps, Counted> = Exclusive::new();
/// # impl StructOpsType for TimepieceOps {}
///
/// /// In a read-side critical section, as with `Rcu`.
/// fn now() -> Option<u64> {
///     TIMEPIECE.with(|ops| ops.now())
/// }
///
/// /// Who keeps the clock that there was at the beginning.
/// struct Stopwatch(Option<Handle<TimepieceOps>>);
///
/// fn start() -> Stopwatch {
///     Stopwatch(TIMEPIECE.get())
/// }
/// #
/// # fn example() -> Result {
/// #     assert!(now().is_none() && start().0.is_none());
/// #     Ok(())
/// # }
/// ```
pub struct Counted;

// SAFETY: This is what RCU is for; what is kept for longer is counted. Its readers get `Ops`.
unsafe impl<T: StructOps> Protection<T> for Counted {
    type View = Ops<T>;
    type Guard = <Rcu as Protection<T>>::Guard;

    const NEEDS_LINK: bool = true;

    #[inline]
    fn read_lock() -> Self::Guard {
        <Rcu as Protection<T>>::read_lock()
    }

    fn synchronize() {
        <Rcu as Protection<T>>::synchronize();
    }

    #[inline]
    fn view(ops: &Ops<T>) -> &Ops<T> {
        ops
    }
}

/// A table with callbacks that are `#[sleepable]`.
///
/// [`#[struct_ops]`](macro@crate::struct_ops) implements it for tables that have one.
///
/// # Examples
///
/// ```
/// use struct_ops::{SleepableOps, SleepableStructOps};
///
/// fn announce<T: SleepableStructOps>(slot: &Exclusive<T, Srcu>) -> Option<u32> {
///     slot.with(|ops: &SleepableOps<T>| ops.map_id())
/// }
///
/// #[struct_ops(slot = WORKER)]
/// struct WorkerOps {
///     #[sleepable]
///     work: fn(),
/// }
///
/// # impl StructOpsType for WorkerOps {}
/// static WORKER: Exclusive<WorkerOps, Srcu> = Exclusive::new();
///
/// # fn example() -> Result {
/// assert_eq!(announce(&WORKER), None);
/// # Ok(())
/// # }
/// ```
///
/// # Safety
///
/// `srcu()` always returns the same `srcu_struct`, which is initialised and lives as long as the
/// module.
#[diagnostic::on_unimplemented(
    message = "`Srcu` protects callbacks that sleep, and `{Self}` has none",
    note = "mark one as `#[sleepable]`, or leave the protection out: RCU costs less"
)]
pub unsafe trait SleepableStructOps: StructOps {
    /// The domain of the type.
    fn srcu() -> *mut bindings::srcu_struct;
}

/// SRCU, in a domain of the type's own: readers may sleep, also in the program.
///
/// Detaching a table waits for programs that sleep.
///
/// # Examples
///
/// ```
/// #[struct_ops(slot = SLOW)]
/// struct SlowOps {
///     /// May take its time.
///     #[sleepable]
///     decide: fn(id: u32) -> i32,
/// }
///
/// static SLOW: Exclusive<SlowOps, Srcu> = Exclusive::new();
/// # impl StructOpsType for SlowOps {}
///
/// /// May sleep.
/// fn decide(id: u32) -> Option<i32> {
///     SLOW.with(|ops| ops.decide(id))
/// }
/// ```
pub struct Srcu;

/// Ends an SRCU read-side critical section in the domain of `T`.
///
/// # Examples
///
/// ```
/// use struct_ops::{Protection, Srcu, SrcuGuard};
///
/// #[struct_ops]
/// struct ReaderOps {
///     #[sleepable]
///     read: fn(),
/// }
/// # impl StructOpsType for ReaderOps {}
///
/// # fn example() -> Result {
/// let guard: SrcuGuard<ReaderOps> = <Srcu as Protection<ReaderOps>>::read_lock();
/// // No table of the type goes away here.
/// drop(guard);
/// # Ok(())
/// # }
/// ```
///
/// # Invariants
///
/// `index` was returned by `srcu_read_lock()` for the domain of `T`, and not used yet.
pub struct SrcuGuard<T: SleepableStructOps> {
    index: i32,
    _type: PhantomData<T>,
    _not_send: NotThreadSafe,
}

impl<T: SleepableStructOps> Drop for SrcuGuard<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the safety requirements of `SleepableStructOps` and the type invariants.
        unsafe { srcu_read_unlock(T::srcu(), self.index) };
    }
}

// SAFETY: This is what SRCU is for. An SRCU reader may sleep, so it gets `SleepableOps`.
unsafe impl<T: SleepableStructOps> Protection<T> for Srcu {
    type View = SleepableOps<T>;
    type Guard = SrcuGuard<T>;

    #[inline]
    fn read_lock() -> Self::Guard {
        // INVARIANT: `index` has just been returned.
        SrcuGuard {
            // SAFETY: By the safety requirements of `SleepableStructOps`.
            index: unsafe { srcu_read_lock(T::srcu()) },
            _type: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    fn synchronize() {
        // SAFETY: By the safety requirements of `SleepableStructOps`.
        unsafe { bindings::synchronize_srcu(T::srcu()) };
    }

    #[inline]
    fn view(ops: &Ops<T>) -> &SleepableOps<T> {
        // INVARIANT: What keeps `ops` alive is an SRCU read-side critical section.
        SleepableOps::from_ref(ops)
    }
}
