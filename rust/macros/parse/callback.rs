// SPDX-License-Identifier: GPL-2.0

//! Callbacks: members of type `fn(…)`.

use super::{
    attributes::Attributes,
    names::argument_name, //
};
use syn::{
    parse_quote_spanned,
    spanned::Spanned,
    Error,
    Ident,
    Path,
    Result,
    ReturnType,
    Type, //
};

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
    /// What it returns, `()` for nothing.
    pub(crate) output: Type,
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

/// An argument of a callback or a kfunc.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    /// Its name in C, without what its type says to the verifier.
    pub(crate) name: String,
    /// As the author wrote it.
    pub(crate) ty: Type,
}

/// What a function returns, as a type.
pub(crate) fn output(output: &ReturnType) -> Type {
    match output {
        ReturnType::Default => parse_quote_spanned!(output.span()=> ()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

impl Callback {
    pub(crate) fn parse(function: &syn::TypeBareFn, attributes: &Attributes) -> Result<Self> {
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
        if let Some(lifetimes) = &function.lifetimes {
            return Err(Error::new(
                lifetimes.span(),
                "an argument lives for the call only: remove the lifetime",
            ));
        }
        if attributes.optional && attributes.unsupported {
            return Err(Error::new(
                function.span(),
                "a callback that is `#[unsupported]` is not `#[optional]`: it has to be left out",
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
                if let Some(attr) = input.attrs.first() {
                    return Err(Error::new(attr.span(), "an argument has no attributes"));
                }
                Ok(Argument {
                    ident: ident.clone(),
                    name: argument_name(ident)?,
                    ty: input.ty.clone(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            presence: match (attributes.optional, attributes.unsupported) {
                (_, true) => Presence::Unsupported,
                (true, _) => Presence::Optional,
                _ => Presence::Required,
            },
            sleepable: attributes.sleepable,
            private_stack: attributes.private_stack,
            prologue: attributes.prologue.clone(),
            epilogue: attributes.epilogue.clone(),
            clamp: attributes.clamp.clone(),
            denied: attributes.denied.clone(),
            arguments,
            output: output(&function.output),
        })
    }
}
