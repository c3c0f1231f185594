// SPDX-License-Identifier: GPL-2.0

//! The parser of `#[kfunc]`: functions of the module that programs call.

use crate::{
    flags,
    names::{
        check_argument,
        check_name, //
    },
    passing::Passing,
    types::{
        self,
        Output, //
    }, //
};
use syn::{
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

/// Programs that may call a kfunc: as an option, and as C spells it.
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    ("struct_ops", "BPF_PROG_TYPE_STRUCT_OPS"),
    ("syscall", "BPF_PROG_TYPE_SYSCALL"),
    ("tracing", "BPF_PROG_TYPE_TRACING"),
];

/// The arguments of `#[kfunc(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// Only programs that may sleep may call it.
    pub(crate) sleepable: bool,
    /// Out of [`PROGRAMS`].
    pub(crate) programs: Vec<&'static str>,
    /// Types of the module, or callbacks of them, whose programs may call it.
    pub(crate) only: Vec<Path>,
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
                    .collect();
            } else if let Some((program, _)) = PROGRAMS.iter().find(|(p, _)| key == p) {
                options.programs.push(program);
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `sleepable` exists, and the programs that may call the kfunc: \
                     `struct_ops`, `only(Type, Type::callback)`, `syscall` and `tracing`",
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

/// A function that programs call.
pub(crate) struct Kfunc {
    /// The function itself.
    pub(crate) item: ItemFn,
    pub(crate) options: Options,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: Output,
}

/// An argument of a kfunc.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    /// As the author wrote it.
    pub(crate) ty: Type,
    /// [`None`] for the program that calls, which the verifier passes.
    pub(crate) passing: Option<Passing>,
}

impl Kfunc {
    /// Reads a function with its `#[kfunc(…)]` options.
    pub(crate) fn parse(options: Options, item: ItemFn) -> Result<Self> {
        let sig = &item.sig;
        let plain = sig.constness.is_none() && sig.asyncness.is_none() && sig.abi.is_none();
        if !plain || sig.unsafety.is_some() || !sig.generics.params.is_empty() {
            return Err(Error::new(
                sig.span(),
                "a kfunc is a plain `fn`: C and the verifier see one signature",
            ));
        }
        check_name(&sig.ident)?;
        if options.programs.is_empty() && options.only.is_empty() {
            return Err(Error::new(
                sig.ident.span(),
                "say which programs may call it, for example `#[kfunc(struct_ops)]`",
            ));
        }
        let arguments = sig
            .inputs
            .iter()
            .map(Argument::parse)
            .collect::<Result<Vec<_>>>()?;
        if let Some(caller) = arguments.iter().rev().skip(1).find(|a| a.passing.is_none()) {
            return Err(Error::new(
                caller.ty.span(),
                "the caller is the last argument: the verifier adds it to those of the program",
            ));
        }
        // Those that BPF passes in registers.
        if arguments.len() > 5 {
            return Err(Error::new(
                arguments[5].ty.span(),
                "a kfunc has at most 5 arguments",
            ));
        }
        let output = types::output(&sig.output)?;
        if output.pointee().is_some_and(|to| !to.refcounted) {
            return Err(Error::new(
                sig.output.span(),
                "a kfunc returns a 32- or 64-bit integer, `Option<Arc<T>>` (acquired), or nothing",
            ));
        }
        let kfunc = Self {
            output,
            options,
            arguments,
            item,
        };
        kfunc.check_release()?;
        Ok(kfunc)
    }

    /// The verifier takes a reference from the program in the first argument, and nowhere else. If
    /// another argument could be the same object, it might be gone.
    fn check_release(&self) -> Result<()> {
        let owned = |a: &Argument| matches!(a.passing, Some(Passing::Owned(_)));
        let counted = |a: &Argument| matches!(a.passing, Some(Passing::Counted(_)));
        let mut others = self.arguments.iter().skip(1);
        if let Some(other) = others.clone().find(|a| owned(a)) {
            return Err(Error::new(
                other.ty.span(),
                "what a kfunc releases is its first argument",
            ));
        }
        if !self.releases() {
            return Ok(());
        }
        if let Some(other) = others.find(|a| counted(a)) {
            return Err(Error::new(
                other.ty.span(),
                "a kfunc that releases an object takes no other: both could be the same",
            ));
        }
        if self.acquires() {
            return Err(Error::new(
                self.item.sig.output.span(),
                "a kfunc that releases an object returns none",
            ));
        }
        Ok(())
    }

    /// Does it take a reference from the program (`KF_RELEASE`)?
    fn releases(&self) -> bool {
        let first = self.arguments.first();
        first.is_some_and(|a| matches!(a.passing, Some(Passing::Owned(_))))
    }

    /// Does it give a reference to the program, or NULL (`KF_ACQUIRE`)?
    fn acquires(&self) -> bool {
        matches!(self.output, Output::Owned(..))
    }

    /// Finds the attribute of a kfunc among those of a function, and reads it.
    pub(crate) fn find(item: &ItemFn) -> Option<Result<Self>> {
        let options = flags::options(&item.attrs, "kfunc")?;
        Some(options.and_then(|options| Self::parse(options, item.clone())))
    }

    /// The flags that the verifier knows it by, for `BTF_ID_FLAGS`.
    pub(crate) fn flags(&self) -> String {
        let implicit = self.arguments.iter().any(|a| a.passing.is_none());
        let flags = [
            (self.options.sleepable, "KF_SLEEPABLE"),
            (implicit, "KF_IMPLICIT_ARGS"),
            (self.acquires(), "KF_ACQUIRE"),
            (self.acquires(), "KF_RET_NULL"),
            (self.releases(), "KF_RELEASE"),
        ];
        let flags: Vec<_> = flags
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, f)| *f)
            .collect();
        flags.join(" | ")
    }
}

impl Argument {
    fn parse(input: &FnArg) -> Result<Self> {
        let FnArg::Typed(input) = input else {
            return Err(Error::new(input.span(), "a kfunc is not a method"));
        };
        let Pat::Ident(pat) = &*input.pat else {
            return Err(Error::new(
                input.pat.span(),
                "name the argument: programs see its name",
            ));
        };
        check_argument(&pat.ident)?;
        Ok(Self {
            ident: pat.ident.clone(),
            passing: types::kfunc_argument(&input.ty)?,
            ty: (*input.ty).clone(),
        })
    }
}
