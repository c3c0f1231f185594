// SPDX-License-Identifier: GPL-2.0

//! The parser of callbacks: members of type `fn(…)`.

use crate::{
    flags::Flags,
    names::check_argument,
    passing::Passing,
    types::{
        self,
        Output, //
    }, //
};
use syn::{
    spanned::Spanned,
    Error,
    Ident,
    Path,
    Result,
    Type, //
};

/// The kernel's `MAX_BPF_FUNC_ARGS`.
pub(crate) const MAX_ARGUMENTS: usize = 12;

/// A function that programs implement.
pub(crate) struct Callback {
    pub(crate) presence: Presence,
    pub(crate) sleepable: bool,
    pub(crate) private_stack: bool,
    /// The function that chooses what runs before a program.
    pub(crate) prologue: Option<Path>,
    /// The function that chooses what runs after a program.
    pub(crate) epilogue: Option<Path>,
    /// The error that takes the place of a result which is neither 0 nor an error.
    pub(crate) clamp: Option<Ident>,
    /// Helpers that programs may not call, without `bpf_`.
    pub(crate) denied: Vec<Ident>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: Output,
}

/// May a program leave a callback out?
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Presence {
    /// No.
    Required,
    /// Yes (`#[optional]`).
    Optional,
    /// It has to: the member exists for the layout only (`#[unsupported]`).
    Unsupported,
}

/// An argument of a callback.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    /// As the author wrote it.
    pub(crate) ty: Type,
    pub(crate) passing: Passing,
}

impl Callback {
    pub(crate) fn parse(function: &syn::TypeBareFn, flags: &Flags) -> Result<Self> {
        if let Some(abi) = &function.abi {
            return Err(Error::new(
                abi.span(),
                "write `fn(…)`: the ABI is always C's",
            ));
        }
        if let Some(unsafety) = &function.unsafety {
            return Err(Error::new(unsafety.span(), "calling a program is safe"));
        }
        if let Some(variadic) = &function.variadic {
            return Err(Error::new(variadic.span(), "a program cannot be variadic"));
        }
        if flags.optional && flags.unsupported {
            return Err(Error::new(
                function.span(),
                "a callback that is `#[unsupported]` is not `#[optional]`: it has to be left out",
            ));
        }
        let output = types::output(&function.output)?;
        if flags.private_stack && matches!(output, Output::Owned(..)) {
            return Err(Error::new(
                function.output.span(),
                "a callback with `#[private_stack]` cannot return this: what a call returns that \
                 was left out is not defined",
            ));
        }
        if flags.clamp.is_some() && !matches!(output, Output::Integer(_, "int")) {
            return Err(Error::new(
                function.span(),
                "only a callback that returns `i32` can be clamped to the range of an `errno`",
            ));
        }
        if function.inputs.len() > MAX_ARGUMENTS {
            return Err(Error::new(
                function.inputs[MAX_ARGUMENTS].span(),
                format!("BPF passes at most {MAX_ARGUMENTS} arguments"),
            ));
        }
        let arguments = function
            .inputs
            .iter()
            .map(|input| {
                let Some((ident, _)) = &input.name else {
                    return Err(Error::new(
                        input.span(),
                        "name the argument: programs see its name",
                    ));
                };
                check_argument(ident)?;
                Ok(Argument {
                    ident: ident.clone(),
                    passing: types::argument(&input.ty)?,
                    ty: input.ty.clone(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            presence: match (flags.optional, flags.unsupported) {
                (_, true) => Presence::Unsupported,
                (true, _) => Presence::Optional,
                _ => Presence::Required,
            },
            sleepable: flags.sleepable,
            private_stack: flags.private_stack,
            prologue: flags.prologue.clone(),
            epilogue: flags.epilogue.clone(),
            clamp: flags.clamp.clone(),
            denied: flags.denied.clone(),
            arguments,
            output,
        })
    }
}
