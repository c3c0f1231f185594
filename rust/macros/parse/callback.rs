// SPDX-License-Identifier: GPL-2.0

//! Callbacks: members of type `fn(…)`.

use super::{
    attributes::Attributes,
    names::argument_name, //
};
use quote::format_ident;
use syn::{
    parse_quote_spanned,
    spanned::Spanned,
    Error,
    Ident,
    Path,
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

/// Is this the `&self` of a method, which a `fn(…)` takes for the type of an argument?
fn is_self(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => ty.path.is_ident("self"),
        Type::Reference(ty) => is_self(&ty.elem),
        _ => false,
    }
}

impl Callback {
    /// Reads a callback. What is wrong is left out, and is in `errors`.
    pub(crate) fn parse(
        function: &syn::TypeBareFn,
        attributes: &Attributes,
        errors: &mut Vec<Error>,
    ) -> Self {
        if let Some(abi) = &function.abi {
            errors.push(Error::new(
                abi.span(),
                "write `fn(…)`: the ABI is always C's",
            ));
        }
        if let Some(unsafety) = &function.unsafety {
            errors.push(Error::new(
                unsafety.span(),
                "remove `unsafe`: calling a program is safe",
            ));
        }
        if let Some(variadic) = &function.variadic {
            errors.push(Error::new(variadic.span(), "a program cannot be variadic"));
        }
        if let Some(lifetimes) = &function.lifetimes {
            errors.push(Error::new(
                lifetimes.span(),
                "an argument lives for the call only: remove the lifetime",
            ));
        }
        if attributes.optional && attributes.unsupported {
            errors.push(Error::new(
                function.span(),
                "a callback that is `#[unsupported]` is not `#[optional]`: it has to be left out",
            ));
        }
        let arguments = function
            .inputs
            .iter()
            .enumerate()
            .filter_map(|(i, input)| {
                if input.name.is_none() && is_self(&input.ty) {
                    errors.push(Error::new(
                        input.span(),
                        "remove `self`: a callback is called on the table, and programs get only the \
                         arguments after it",
                    ));
                    return None;
                }
                if let Some(attr) = input.attrs.first() {
                    errors.push(Error::new(attr.span(), "an argument has no attributes"));
                }
                let ident = match &input.name {
                    Some((ident, _)) => ident.clone(),
                    None => {
                        errors.push(Error::new(
                            input.span(),
                            "name the argument: programs see its name",
                        ));
                        format_ident!("argument_{i}")
                    }
                };
                Some(Argument {
                    name: argument_name(&ident).unwrap_or_else(|error| {
                        errors.push(error);
                        ident.to_string()
                    }),
                    ident,
                    ty: input.ty.clone(),
                })
            })
            .collect();
        Self {
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
        }
    }
}
