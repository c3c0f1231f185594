// SPDX-License-Identifier: GPL-2.0

//! Memory that programs and the module both write to.

use crate::{
    CStruct,
    Field,
    Integer,
    Pointee, //
};
use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ptr, //
};
/// A struct in memory that programs share with the module.
///
/// A `&Shared<T>` goes from programs to the kfuncs of a module, and from the module to the programs
/// it calls. Nobody can say who else reads or writes what a program has passed: it may lie in a map.
/// It is aligned for a `T`: a kfunc is not called with memory that is not, see
/// [`#[kfunc]`](macro@crate::kfunc). What the module passes can lie anywhere, see [`Shared::new`].
///
/// # Examples
///
/// ```
/// #[c_struct]
/// struct Report {
///     code: u32,
///     length: u32,
/// }
///
/// #[struct_ops(slot = FIXUP)]
/// struct FixupOps {
///     /// May have kfuncs change the report.
///     fix: fn(report: &Shared<Report>) -> i32,
/// }
///
/// static FIXUP: Exclusive<FixupOps> = Exclusive::new();
/// # impl StructOpsType for FixupOps {}
///
/// /// Has the attached program fix the caller's report.
/// #[kfunc(syscall)]
/// fn example_fix(report: &Shared<Report>) -> i32 {
///     FIXUP.with(|ops| ops.fix(report)).unwrap_or(0)
/// }
/// ```
///
/// # Invariants
///
/// The memory is aligned, valid for reads and writes, and not that of a `&T` or `&mut T`.
#[repr(transparent)]
pub struct Shared<T: CStruct>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: It is plain data, and is read and written as memory that others have as well.
unsafe impl<T: CStruct> Send for Shared<T> {}
// SAFETY: As for `Send`.
unsafe impl<T: CStruct> Sync for Shared<T> {}

impl<T: CStruct> Shared<T> {
    /// Makes one of the module's own: on the stack, in a static, or in another struct.
    ///
    /// # Examples
    ///
    /// ```
    /// #[c_struct]
    /// struct Order {
    ///     #[writable]
    ///     cups: u32,
    ///     budget: u32,
    /// }
    ///
    /// #[struct_ops(slot = WAITER)]
    /// struct WaiterOps {
    ///     /// Writes how many cups there shall be.
    ///     take: fn(order: &Shared<Order>) -> i32,
    /// }
    ///
    /// static WAITER: Exclusive<WaiterOps> = Exclusive::new();
    /// # impl StructOpsType for WaiterOps {}
    ///
    /// fn cups(budget: u32) -> u32 {
    ///     let order = Shared::new(Order { cups: 0, budget });
    ///     WAITER.with(|ops| ops.take(&order));
    ///     order.into_inner().cups
    /// }
    /// ```
    pub const fn new(value: T) -> Self {
        // INVARIANT: It has the type's alignment, and only we have it.
        Self(UnsafeCell::new(MaybeUninit::new(value)))
    }

    /// Takes the value back.
    pub fn into_inner(self) -> T {
        // SAFETY: Any bytes are a `T`, by `Plain`, and nobody else has it any more.
        unsafe { self.0.into_inner().assume_init() }
    }

    /// Wraps what a program has passed.
    ///
    /// # Safety
    ///
    /// The type invariants hold for `raw` during `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw<'a>(raw: *mut <T as Pointee>::Raw) -> &'a Self {
        // SAFETY: By `Pointee`, `raw` points to a `T`, of which `Self` is a transparent wrapper. The
        // caller promises the rest.
        // INVARIANT: By the safety requirements of this function.
        unsafe { &*raw.cast() }
    }

    fn field<V: Integer>(&self, field: &Field<T, V>) -> *mut V {
        let base = ptr::from_ref(self).cast_mut();
        // SAFETY: By the type invariants of `Field`, the field lies in the struct.
        unsafe { base.byte_add(field.offset()) }.cast()
    }

    /// Reads a field.
    ///
    /// Whoever else has the memory may write to it at the same time: the value is the old one or the
    /// new one.
    #[inline]
    pub fn read<V: Integer>(&self, field: Field<T, V>) -> V {
        // SAFETY: By the type invariants, the memory is valid for reads, and aligned. Any bytes are a
        // `V`.
        unsafe { self.field(&field).read_volatile() }
    }

    /// Writes a field, as [`Shared::read`] reads it.
    #[inline]
    pub fn write<V: Integer>(&self, field: Field<T, V>, value: V) {
        // SAFETY: By the type invariants, the memory is valid for writes, and aligned; nobody takes it
        // for immutable.
        unsafe { self.field(&field).write_volatile(value) }
    }
}
