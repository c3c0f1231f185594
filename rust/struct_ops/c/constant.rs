// SPDX-License-Identifier: GPL-2.0

//! Pointers that C declares with `const`.

use super::{
    Argument,
    Pass,
    Pointee,
    Spelling,
    Text, //
};
use crate::code::Content;
use kernel::prelude::*;

/// A pointer that C declares with `const`: `Const<&T>` is `const struct t *`.
///
/// Programs may not write through a `&T` either, so this is for prototypes that somebody else has
/// chosen, and for C code that calls the same table.
///
/// # Examples
///
/// ```
/// use kernel::fs::File;
///
/// #[struct_ops(slot = AUDIT)]
/// struct AuditOps {
///     /// `void (*opened)(const struct file *file, const struct task_struct *by)` in C.
///     opened: fn(file: Const<&File>, by: Const<Option<&Task>>),
/// }
///
/// static AUDIT: Exclusive<AuditOps> = Exclusive::new();
/// # impl StructOpsType for AuditOps {}
///
/// fn opened(file: &File) {
///     AUDIT.with(|ops| ops.opened(Const(file), Const(None)));
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Const<P>(
    /// The pointer.
    pub P,
);

macro_rules! constant {
    ($pointer:ty) => {
        // SAFETY: As without `const`, which C and kCFI have in the type, and the verifier skips.
        unsafe impl<'a, T: Pointee> Argument for Const<$pointer> {
            type Raw = *const T::Raw;

            const C: Spelling = Spelling {
                definition: <$pointer as Argument>::C.definition,
                before: Text::Parts(&[Text::Str("const "), <$pointer as Argument>::C.before]),
                after: <$pointer as Argument>::C.after,
            };
            const SUFFIX: &'static str = <$pointer as Argument>::SUFFIX;
            const FACTS: Text = <$pointer as Argument>::FACTS;
            const WRITES: Text = Text::NOTHING;
            const PROMOTED: &'static CStr = <$pointer as Argument>::PROMOTED;
            const SLOTS: &'static [Content] = <$pointer as Argument>::SLOTS;
        }

        impl<'a, T: Pointee> Pass for Const<$pointer> {
            #[inline]
            fn into_raw(self) -> *const T::Raw {
                self.0.into_raw().cast_const()
            }
        }
    };
}
constant!(&'a T);
constant!(Option<&'a T>);
