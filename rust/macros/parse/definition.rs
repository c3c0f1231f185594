// SPDX-License-Identifier: GPL-2.0

//! `#[struct_ops]`: the definition of a type.

use super::{
    attributes::Attributes,
    callback::Callback,
    names::{
        c_name,
        check_generics,
        header,
        struct_name, //
    },
};
use proc_macro2::TokenStream;
use syn::{
    ext::IdentExt,
    parse::{
        Parse,
        ParseStream, //
    },
    parse_quote,
    spanned::Spanned,
    Attribute,
    Error,
    Expr,
    Fields,
    Generics,
    Ident,
    ItemStruct,
    LitStr,
    Path,
    Result,
    Token,
    Type,
    Visibility, //
};

/// The kernel prints the name into 128 bytes, behind `bpf_struct_ops_`.
const MAX_NAME: usize = 127 - "bpf_struct_ops_".len();

/// What a definition is.
const NO_STRUCT: &str = "a struct_ops type is a struct with named members, at least one";

/// The arguments of `#[struct_ops(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The name of the C struct, where it is not the Rust name in snake case.
    name: Option<LitStr>,
    /// The static that holds attached programs.
    slot: Option<Path>,
    /// The header that defines the struct, if it is one of the kernel.
    kernel: Option<String>,
    /// The registry in C that keeps the tables, in the place of a slot.
    registry: Option<Path>,
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
            } else if key == "kernel" {
                options.kernel = Some(header(input)?);
            } else if key == "registry" {
                options.registry = Some(input.parse()?);
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `name = \"c_name\"`, `slot = STATIC`, `kernel = \"header.h\"` and `registry = Type` exist",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// How an item that is no struct begins.
struct Head {
    vis: Visibility,
    keyword: Ident,
    ident: Ident,
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Attribute::parse_outer(input)?;
        let vis = input.parse()?;
        // What was written in the place of `struct`, or `struct`.
        let keyword = Ident::parse_any(input)?;
        let ident = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Self {
            vis,
            keyword,
            ident,
        })
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
    /// See [`Options::kernel`].
    pub(crate) kernel: Option<String>,
    /// See [`Options::registry`].
    pub(crate) registry: Option<Path>,
    /// In the order of the table.
    pub(crate) members: Vec<Member>,
    /// What is wrong, and has been left out.
    pub(crate) errors: Vec<Error>,
}

/// A member of the table.
pub(crate) struct Member {
    pub(crate) ident: Ident,
    /// Its name in C and BPF.
    pub(crate) name: String,
    /// Documentation, for the method made from it.
    pub(crate) docs: Vec<Attribute>,
    /// Whether it is there at all.
    pub(crate) cfgs: Vec<Attribute>,
    /// Callback or data.
    pub(crate) kind: Kind,
    /// The value if user space leaves it zero.
    pub(crate) default: Option<Expr>,
}

/// What a member is.
pub(crate) enum Kind {
    /// A function that programs implement.
    Callback(Callback),
    /// A value that user space sets before the map is loaded, unless its type says otherwise.
    Value(Type),
    /// A value that user space has to leave zero.
    Private(Type),
}

impl Definition {
    /// Reads a struct with its `#[struct_ops(…)]` options.
    ///
    /// The struct is there afterwards whatever is wrong, so that the errors are not followed by one for
    /// each place that uses it.
    pub(crate) fn parse(options: Result<Options>, item: TokenStream) -> Result<Self> {
        let mut errors = Vec::new();
        let options = options.unwrap_or_else(|error| {
            errors.push(error);
            Options::default()
        });
        let mut item = match syn::parse2::<ItemStruct>(item.clone()) {
            Ok(item) => item,
            Err(error) => {
                // Without a name there is nothing to keep.
                let Ok(Head {
                    vis,
                    keyword,
                    ident,
                }) = syn::parse2(item)
                else {
                    return Err(error);
                };
                errors.push(if keyword == "struct" {
                    error
                } else {
                    Error::new(keyword.span(), NO_STRUCT)
                });
                parse_quote!(#vis struct #ident {})
            }
        };
        if let Err(error) = check_generics(&item.generics) {
            errors.push(error);
            item.generics = Generics::default();
        }
        item.attrs.retain(|attr| {
            let why = match attr.path() {
                path if path.is_ident("derive") => {
                    "remove the derive: this struct is a view of a table that the kernel keeps"
                }
                path if path.is_ident("struct_ops") => "remove one of the two `#[struct_ops]`",
                _ => return true,
            };
            errors.push(Error::new(attr.span(), why));
            false
        });
        let members: Vec<_> = match &item.fields {
            Fields::Named(fields) => fields
                .named
                .iter()
                .map(|field| Member::parse(field, &mut errors))
                .collect(),
            _ => Vec::new(),
        };
        if members.is_empty() && errors.is_empty() {
            errors.push(Error::new(item.ident.span(), NO_STRUCT));
        }
        let name = struct_name(&item.ident, options.name.as_ref()).unwrap_or_else(|error| {
            errors.push(error);
            item.ident.to_string()
        });
        if let (Some(_), Some(registry)) = (&options.slot, &options.registry) {
            errors.push(Error::new(
                registry.span(),
                "a table is kept by a slot or by a registry, not by both",
            ));
        }
        if name.len() > MAX_NAME {
            errors.push(Error::new(
                item.ident.span(),
                format!("the name of a struct_ops type has at most {MAX_NAME} bytes"),
            ));
        }
        Ok(Self {
            name,
            slot: options.slot,
            kernel: options.kernel,
            registry: options.registry,
            members,
            item,
            errors,
        })
    }

    /// The callbacks, in the order of the table.
    pub(crate) fn callbacks(&self) -> impl Iterator<Item = &Callback> {
        self.members.iter().filter_map(|m| match &m.kind {
            Kind::Callback(callback) => Some(callback),
            Kind::Value(_) | Kind::Private(_) => None,
        })
    }
}

impl Member {
    fn parse(field: &syn::Field, errors: &mut Vec<Error>) -> Self {
        // A field of a struct with named fields has a name.
        let ident = field.ident.clone().unwrap();
        let mut attributes = Attributes::parse(&field.attrs, errors);
        let fixed = attributes.private || matches!(field.ty, Type::BareFn(_));
        if let Some(default) = attributes.default.take_if(|_| fixed) {
            errors.push(Error::new(
                default.span(),
                "only a value that user space may set has a default",
            ));
        }
        let kind = match &field.ty {
            Type::BareFn(function) => {
                if attributes.private {
                    errors.push(Error::new(ident.span(), "only a value can be `#[private]`"));
                }
                Kind::Callback(Callback::parse(function, &attributes, errors))
            }
            ty => {
                if attributes.for_callback() {
                    errors.push(Error::new(
                        ident.span(),
                        "only a callback can be `#[optional]`, `#[unsupported]`, `#[sleepable]`, \
                         `#[private_stack]` or `#[clamp(…)]`, or have `#[deny(…)]`, \
                         `#[prologue(…)]` or `#[epilogue(…)]`",
                    ));
                }
                if attributes.private {
                    Kind::Private(ty.clone())
                } else {
                    Kind::Value(ty.clone())
                }
            }
        };
        Self {
            name: c_name(&ident).unwrap_or_else(|error| {
                errors.push(error);
                ident.to_string()
            }),
            ident,
            docs: attributes.docs,
            cfgs: attributes.cfgs,
            default: attributes.default,
            kind,
        }
    }
}
