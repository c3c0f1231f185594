// SPDX-License-Identifier: GPL-2.0

//! The parser of struct_ops definitions.
//!
//! One parser for the procedural macro (which writes the Rust side) and for the generator (which
//! writes the C side): what one accepts the other accepts, with the same meaning.

use crate::{
    callback::Callback,
    flags::{
        self,
        Flags, //
    },
    names::{
        check_name,
        snake_case, //
    },
    passing::Passing,
    types::{
        self,
        Data, //
    }, //
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
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
            None => snake_case(&item.ident.to_string()),
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
        let options = flags::options(&item.attrs, "struct_ops")?;
        Some(options.and_then(|options| Self::parse(options, item.clone())))
    }
}

impl Member {
    fn parse(field: &syn::Field) -> Result<Self> {
        // A field of a struct with named fields has a name.
        let ident = field.ident.clone().unwrap();
        check_name(&ident)?;
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
