// SPDX-License-Identifier: GPL-2.0

//! How an argument crosses from Rust through C into a program.

use syn::Type;

/// The struct behind a pointer.
pub(crate) struct Pointee {
    /// The Rust type.
    pub(crate) rust: Type,
    /// The name of the C struct.
    pub(crate) name: String,
    /// The header that defines it; `None` for a struct that the module itself defines.
    pub(crate) header: Option<&'static str>,
    /// Is it in an `Arc`?
    pub(crate) refcounted: bool,
}

/// How an argument crosses into the program.
pub(crate) enum Passing {
    /// `i32`: a copy.
    Value(&'static str),
    /// `&T`: never null, alive during the call.
    Reference(Pointee),
    /// `Option<&T>`: the program has to check (`__nullable`).
    Nullable(Pointee),
    /// `ARef<T>`, `Arc<T>`: a reference count that the program has to drop or return (`__ref`).
    Owned(Pointee),
    /// `&Arc<T>`: never null, alive during the call, and whoever has it may count it.
    Counted(Pointee),
    /// `&Shared<T>`: as `&T`, but whoever else has the memory may write to it.
    Shared(Pointee),
    /// `Pair`: a copy of a plain struct of the module.
    Struct(Pointee),
    /// `Arena<T>`: an address in the arena of the program (`__arena`).
    Arena(Type, &'static str),
    /// `Option<Arena<T>>`: the program has to check (`__nullable`).
    NullableArena(Type, &'static str),
}

impl Passing {
    /// The suffix of the stub's argument, from which the verifier learns the rules.
    pub(crate) fn suffix(&self) -> &'static str {
        match self {
            Self::Value(_)
            | Self::Reference(_)
            | Self::Counted(_)
            | Self::Shared(_)
            | Self::Struct(_) => "",
            Self::Nullable(_) => "__nullable",
            Self::Owned(_) => "__ref",
            Self::Arena(..) => "__arena",
            Self::NullableArena(..) => "__arena__nullable",
        }
    }

    /// The C declaration of an argument called `name`.
    pub(crate) fn declare(&self, name: &str) -> String {
        match self {
            Self::Value(c) => format!("{c} {name}"),
            Self::Reference(to)
            | Self::Nullable(to)
            | Self::Owned(to)
            | Self::Counted(to)
            | Self::Shared(to) => format!("struct {} *{name}", to.name),
            Self::Struct(of) => format!("struct {} {name}", of.name),
            Self::Arena(_, c) | Self::NullableArena(_, c) => format!("{c} *{name}"),
        }
    }

    /// The struct that C has to know.
    pub(crate) fn pointee(&self) -> Option<&Pointee> {
        match self {
            Self::Value(_) | Self::Arena(..) | Self::NullableArena(..) => None,
            Self::Reference(to)
            | Self::Nullable(to)
            | Self::Owned(to)
            | Self::Counted(to)
            | Self::Shared(to)
            | Self::Struct(to) => Some(to),
        }
    }
}
