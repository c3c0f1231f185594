// SPDX-License-Identifier: GPL-2.0

//! How C writes what a module defines.
//!
//! BPF finds types, arguments and functions in BTF, which Rust code does not have. So each module has
//! a unit in C, and the compiler that has seen the whole crate says what is in it: a type says by a
//! trait how C writes it, the attribute macros join these texts, and Kbuild copies them out of the
//! object (see [`Text`] and `rust/struct_ops/c/unit.c`).

mod address;
mod argument;
mod constant;
mod enumeration;
mod kfunc;
mod name;
mod output;
mod pointee;
pub mod private;
#[cfg(CONFIG_NET)]
mod sk_buff;
mod text;
mod union;
mod value;

pub use address::{
    Address,
    Addressed,
    Char, //
};
pub use argument::{
    check_words,
    Argument,
    Late,
    LatePass,
    Pass, //
};
pub use constant::Const;
pub use enumeration::{
    is_value,
    CEnum,
    Flags, //
};
pub use kfunc::{
    taken,
    BufSize,
    KfuncArgument,
    KfuncOutput,
    Lent,
    Role, //
};
pub use name::Name;
pub use output::{
    LateReturn,
    Output,
    Return, //
};
pub use pointee::{
    CStruct,
    Cgroup,
    Foreign,
    Pointee,
    Refcounted,
    Trusted, //
};
#[cfg(CONFIG_NET)]
pub use sk_buff::SkBuff;
pub use text::{
    Spelling,
    Text, //
};
pub use union::Union;
pub use value::{
    Bool,
    CType,
    ModulePtr,
    Plain,
    Preset, //
};
