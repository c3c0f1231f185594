// SPDX-License-Identifier: GPL-2.0

//! A definition among names that mean something else than usual. Its own name is one of another.

#![allow(dead_code, non_camel_case_types)]

use ::core::{
    option::Option as Perhaps,
    result::Result as Outcome, //
};
use ::kernel::task::Task as Process;
use ::struct_ops::{
    Exclusive,
    StructOpsType, //
};

/// Not the one of the prelude.
struct Option;
/// Not the one of the prelude.
struct Result;
/// Not the one of the kernel.
struct Task;
/// Not the one of the library.
struct Shared;
/// Not the one of the library.
struct Ops;
/// Not the one of the library.
struct Text;
/// Wider than usual.
type u8 = ::core::primitive::u16;
/// Not the one of the library.
const fn size_of() -> usize {
    0
}
/// Not the crate.
mod kernel {}
/// Not the crate.
mod struct_ops {}
/// Not the crate.
mod core {}
#[allow(unused_macros)]
macro_rules! assert {
    ($($any:tt)*) => {
        compile_error!("this is not the author's to use");
    };
}

/// The C struct of the same Rust name is another.
#[::struct_ops::struct_ops(name = "spelling_namesake_ops", slot = SLOT)]
pub(crate) struct SpellingOps {
    /// Returns the number, and one less without a process.
    ask: fn(who: Perhaps<&Process>, wide: u8) -> i32,
    /// At most.
    limit: u8,
}

static SLOT: Exclusive<SpellingOps> = Exclusive::new();

impl StructOpsType for SpellingOps {
    fn validate(ops: &Self) -> Outcome<(), ::kernel::error::Error> {
        // Not 44, which is what is left of 300 in a byte.
        if ops.limit() == 300 {
            Ok(())
        } else {
            Err(::kernel::error::code::EINVAL)
        }
    }
}

/// Has the program called.
pub(crate) fn run() -> u64 {
    SLOT.with(|ops| ops.ask(None, 300)).unwrap_or(0) as u64
}
