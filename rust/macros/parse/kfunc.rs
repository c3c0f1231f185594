// SPDX-License-Identifier: GPL-2.0

//! `#[kfunc]`: functions of the module that programs call.

use super::{
    callback::{
        output,
        Argument, //
    },
    names::{
        argument_name,
        c_name, //
    },
};
use syn::{
    ext::IdentExt,
    parenthesized,
    parse::{
        Parse,
        ParseStream, //
    },
    spanned::Spanned,
    Error,
    FnArg,
    Ident,
    ItemFn,
    Pat,
    Path,
    Result,
    Token,
    Type, //
};

/// Programs that may call a kfunc, as `c/unit.c` knows them, too.
const PROGRAMS: &[&str] = &["struct_ops", "syscall", "tracing", "kprobe"];

/// The arguments of `#[kfunc(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// Only programs that may sleep may call it.
    pub(crate) sleepable: bool,
    /// Out of [`PROGRAMS`].
    pub(crate) programs: Vec<&'static str>,
    /// Types of the module, or callbacks of them, whose programs may call it.
    pub(crate) only: Vec<Only>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            if key == "sleepable" {
                options.sleepable = true;
            } else if key == "only" {
                let list;
                parenthesized!(list in input);
                options.only = list
                    .parse_terminated(Path::parse_mod_style, Token![,])?
                    .into_iter()
                    .map(Only::new)
                    .collect();
            } else if let Some(program) = PROGRAMS.iter().find(|p| key == p) {
                options.programs.push(program);
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `sleepable` exists, and the programs that may call the kfunc: \
                     `struct_ops`, `only(Type, Type::callback)`, `syscall`, `tracing` and `kprobe`",
                ));
            }
            if options.programs.contains(&"struct_ops") && !options.only.is_empty() {
                return Err(Error::new(
                    key.span(),
                    "`struct_ops` is all types: `only(…)` has no effect",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// Whose programs may call a kfunc.
pub(crate) struct Only {
    /// The type.
    pub(crate) ty: Path,
    /// The callback; all if there is none.
    pub(crate) member: Option<Ident>,
}

impl Only {
    /// Types are written in upper case, callbacks are not.
    fn new(mut path: Path) -> Self {
        let last = path.segments.last().map(|s| s.ident.clone());
        let member = last.filter(|last| {
            let callback = last.unraw().to_string().starts_with(char::is_lowercase);
            path.segments.len() > 1 && callback
        });
        if member.is_some() {
            path.segments.pop();
            path.segments.pop_punct();
        }
        Self { ty: path, member }
    }
}

/// A function that programs call.
pub(crate) struct Kfunc {
    /// The function itself.
    pub(crate) item: ItemFn,
    /// Its name in C and BPF.
    pub(crate) name: String,
    pub(crate) options: Options,
    pub(crate) arguments: Vec<Argument>,
    /// What it returns, `()` for nothing.
    pub(crate) output: Type,
}

impl Kfunc {
    /// Reads a function with its `#[kfunc(…)]` options.
    pub(crate) fn parse(options: Options, item: ItemFn) -> Result<Self> {
        let sig = &item.sig;
        let plain = sig.constness.is_none() && sig.asyncness.is_none() && sig.abi.is_none();
        let lifetimes = sig.generics.lifetimes().count() == sig.generics.params.len();
        if !plain || sig.unsafety.is_some() || !lifetimes {
            return Err(Error::new(
                sig.span(),
                "a kfunc is a plain `fn`: C and the verifier see one signature",
            ));
        }
        if options.programs.is_empty() && options.only.is_empty() {
            return Err(Error::new(
                sig.ident.span(),
                "say which programs may call it, for example `#[kfunc(struct_ops)]`",
            ));
        }
        let arguments = sig
            .inputs
            .iter()
            .map(argument)
            .collect::<Result<Vec<_>>>()?;
        // Those that BPF passes in registers.
        if arguments.len() > 5 {
            return Err(Error::new(
                arguments[5].ty.span(),
                "a kfunc has at most 5 arguments",
            ));
        }
        Ok(Self {
            name: c_name(&sig.ident)?,
            output: output(&sig.output),
            options,
            arguments,
            item,
        })
    }
}

fn argument(input: &FnArg) -> Result<Argument> {
    let FnArg::Typed(input) = input else {
        return Err(Error::new(input.span(), "a kfunc is not a method"));
    };
    if let Some(attr) = input.attrs.first() {
        return Err(Error::new(attr.span(), "an argument has no attributes"));
    }
    let Pat::Ident(pat) = &*input.pat else {
        return Err(Error::new(
            input.pat.span(),
            "name the argument: programs see its name",
        ));
    };
    Ok(Argument {
        ident: pat.ident.clone(),
        name: argument_name(&pat.ident)?,
        ty: (*input.ty).clone(),
    })
}
