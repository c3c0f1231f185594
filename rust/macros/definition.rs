// SPDX-License-Identifier: GPL-2.0

//! The parser of struct_ops definitions.
//!
//! One parser for the procedural macro (which writes the Rust side) and for the generator (which
//! writes the C side): what one accepts the other accepts, with the same meaning.

use crate::types::{
    self,
    Data,
    Output,
    Passing, //
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
    punctuated::Punctuated,
    spanned::Spanned,
    Attribute,
    Error,
    Expr,
    Fields,
    Ident,
    ItemStruct,
    LitStr,
    Meta,
    Path,
    Result,
    Token,
    Type, //
};

/// The kernel's `BPF_STRUCT_OPS_MAX_NR_MEMBERS`.
const MAX_MEMBERS: usize = 64;
/// The kernel's `MAX_BPF_FUNC_ARGS`.
pub(crate) const MAX_ARGUMENTS: usize = 12;
/// The kernel prints the name into 128 bytes, behind `bpf_struct_ops_`.
const MAX_NAME: usize = 127 - "bpf_struct_ops_".len();

/// The arguments of `#[struct_ops(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The name of the C struct, where it is not the Rust name in snake case.
    name: Option<LitStr>,
    /// The static that holds attached programs.
    pub(crate) slot: Option<Path>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            if key == "name" {
                options.name = Some(input.parse()?);
            } else if key == "slot" {
                options.slot = Some(input.parse()?);
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `name = \"c_name\"` and `slot = STATIC` exist",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// A struct_ops type as its author wrote it.
pub(crate) struct Definition {
    /// The struct itself: name, visibility, documentation.
    pub(crate) item: ItemStruct,
    /// The name that BPF and the kernel know.
    pub(crate) name: String,
    /// See [`Options::slot`].
    pub(crate) slot: Option<Path>,
    /// In the order of the table.
    pub(crate) members: Vec<Member>,
}

/// A member of the table.
pub(crate) struct Member {
    /// Its name, the same in Rust, C and BPF.
    pub(crate) ident: Ident,
    /// Documentation, for the method made from it.
    pub(crate) docs: Vec<Attribute>,
    /// Callback or data.
    pub(crate) kind: Kind,
}

/// What a member is.
pub(crate) enum Kind {
    /// A function that programs implement.
    Callback(Callback),
    /// A value that user space sets before the map is loaded.
    Value(Data),
    /// A value that user space has to leave zero.
    Private(Data),
    /// The module (`ModulePtr`): user space leaves it zero, and the kernel sets it.
    Owner,
}

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

/// The flags that stand before a member.
#[derive(Default)]
struct Flags {
    optional: bool,
    unsupported: bool,
    sleepable: bool,
    private_stack: bool,
    private: bool,
    prologue: Option<Path>,
    epilogue: Option<Path>,
    clamp: Option<Ident>,
    denied: Vec<Ident>,
    docs: Vec<Attribute>,
}

impl Flags {
    fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut flags = Self::default();
        for attr in attrs {
            match &attr.meta {
                Meta::NameValue(doc) if doc.path.is_ident("doc") => flags.docs.push(attr.clone()),
                Meta::Path(path) if path.is_ident("optional") => flags.optional = true,
                Meta::Path(path) if path.is_ident("unsupported") => flags.unsupported = true,
                Meta::Path(path) if path.is_ident("sleepable") => flags.sleepable = true,
                Meta::Path(path) if path.is_ident("private_stack") => flags.private_stack = true,
                Meta::Path(path) if path.is_ident("private") => flags.private = true,
                Meta::List(list) if list.path.is_ident("prologue") => {
                    flags.prologue = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("epilogue") => {
                    flags.epilogue = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("clamp") => {
                    flags.clamp = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("deny") => {
                    let names = Punctuated::<Ident, Token![,]>::parse_terminated;
                    flags.denied = list.parse_args_with(names)?.into_iter().collect();
                }
                _ => {
                    return Err(Error::new(
                        attr.span(),
                        "unknown attribute: a callback may be `#[optional]`, `#[unsupported]`, \
                         `#[sleepable]`, `#[private_stack]`, `#[clamp(EPROTO)]`, `#[deny(…)]`, \
                         `#[prologue(…)]` or `#[epilogue(…)]`, a value `#[private]`",
                    ))
                }
            }
        }
        Ok(flags)
    }

    /// Is there one that says something about a callback?
    fn for_callback(&self) -> bool {
        self.optional
            || self.unsupported
            || self.sleepable
            || self.private_stack
            || self.clamp.is_some()
            || self.prologue.is_some()
            || self.epilogue.is_some()
            || !self.denied.is_empty()
    }
}

impl Definition {
    /// Reads a struct with its `#[struct_ops(…)]` options.
    pub(crate) fn parse(options: Options, item: ItemStruct) -> Result<Self> {
        if !item.generics.params.is_empty() {
            return Err(Error::new(
                item.generics.span(),
                "a struct_ops type has one layout and cannot be generic",
            ));
        }
        let Fields::Named(fields) = &item.fields else {
            return Err(Error::new(
                item.ident.span(),
                "a struct_ops type is a struct with named members",
            ));
        };
        if fields.named.is_empty() || fields.named.len() > MAX_MEMBERS {
            return Err(Error::new(
                item.ident.span(),
                format!("a struct_ops type has 1 to {MAX_MEMBERS} members"),
            ));
        }
        let members = fields
            .named
            .iter()
            .map(Member::parse)
            .collect::<Result<Vec<_>>>()?;
        let name = match &options.name {
            Some(name) => name.value(),
            None => types::snake_case(&item.ident.to_string()),
        };
        let letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
        if !name.chars().all(letter) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Error::new(
                options.name.span(),
                "the name of a struct_ops type is a C identifier",
            ));
        }
        if name.len() > MAX_NAME {
            return Err(Error::new(
                item.ident.span(),
                format!("the name of a struct_ops type has at most {MAX_NAME} bytes"),
            ));
        }
        Ok(Self {
            name,
            slot: options.slot,
            members,
            item,
        })
    }

    /// Does a callback sleep?
    pub(crate) fn sleeps(&self) -> bool {
        self.callbacks().any(|c| c.sleepable)
    }

    /// Does a callback take something that programs may write to?
    pub(crate) fn shares(&self) -> bool {
        self.callbacks()
            .flat_map(|c| &c.arguments)
            .any(|a| matches!(a.passing, Passing::Shared(_)))
    }

    /// The callbacks, in the order of the table.
    pub(crate) fn callbacks(&self) -> impl Iterator<Item = &Callback> {
        self.members.iter().filter_map(|m| match &m.kind {
            Kind::Callback(callback) => Some(callback),
            Kind::Value(_) | Kind::Private(_) | Kind::Owner => None,
        })
    }

    /// Finds the attribute of a definition among those of a struct, and reads it.
    pub(crate) fn find(item: &ItemStruct) -> Option<Result<Self>> {
        let attr = item
            .attrs
            .iter()
            .find(|a| a.path().is_ident("struct_ops"))?;
        let options = match &attr.meta {
            Meta::Path(_) => Ok(Options::default()),
            _ => attr.parse_args(),
        };
        Some(options.and_then(|options| Self::parse(options, item.clone())))
    }
}

impl Member {
    fn parse(field: &syn::Field) -> Result<Self> {
        // A field of a struct with named fields has a name.
        let ident = field.ident.clone().unwrap();
        types::check_name(&ident)?;
        let flags = Flags::parse(&field.attrs)?;
        let kind = match &field.ty {
            Type::BareFn(function) => {
                if flags.private {
                    return Err(Error::new(ident.span(), "only a value can be `#[private]`"));
                }
                Kind::Callback(Callback::parse(function, &flags)?)
            }
            ty => {
                if flags.for_callback() {
                    return Err(Error::new(
                        ident.span(),
                        "only a callback can be `#[optional]`, `#[unsupported]`, `#[sleepable]`, \
                         `#[private_stack]` or `#[clamp(…)]`, or have `#[deny(…)]`, \
                         `#[prologue(…)]` or `#[epilogue(…)]`",
                    ));
                }
                if types::is_module_pointer(ty) {
                    return Ok(Self {
                        ident,
                        docs: flags.docs,
                        kind: Kind::Owner,
                    });
                }
                let data = types::data(ty)?;
                if flags.private {
                    Kind::Private(data)
                } else {
                    Kind::Value(data)
                }
            }
        };
        Ok(Self {
            ident,
            docs: flags.docs,
            kind,
        })
    }
}

impl Callback {
    fn parse(function: &syn::TypeBareFn, flags: &Flags) -> Result<Self> {
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
        if flags.private_stack && matches!(output, Output::Owned(_)) {
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
                types::check_argument(ident)?;
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

/// The text of a `#[doc = "…"]` attribute.
pub(crate) fn doc_text(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    }
}
