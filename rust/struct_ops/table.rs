// SPDX-License-Identifier: GPL-2.0

//! Tables, and what is in them or goes to their programs.

mod arena;
mod bytes;
mod counted;
mod field;
mod ops;
mod shared;

pub use arena::Arena;
pub use bytes::{
    SharedArray,
    SharedBytes,
    SharedText, //
};
pub use counted::BpfCounted;
pub use field::{
    Field,
    Integer, //
};
pub use ops::{
    Clamp,
    Member,
    MemberKind,
    Ops,
    Prepare,
    SleepableOps,
    StructOps,
    Table, //
};
pub use shared::Shared;
