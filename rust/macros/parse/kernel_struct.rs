// SPDX-License-Identifier: GPL-2.0

//! `#[kernel_struct]`: structs of the kernel that programs get pointers to.

use super::names::{
    c_name,
    check_generics,
    header,
    struct_name, //
};
use proc_macro2::Span;
use syn::{
    parenthesized,
    parse::{
        Parse,
        ParseStream, //
    },
    punctuated::Punctuated,
    spanned::Spanned,
    Error,
    Fields,
    Ident,
    ItemStruct,
    LitStr,
    Result,
    Token, //
};

/// The arguments of `#[kernel_struct(…)]`.
pub(crate) struct Options {
    /// The header that defines it.
    header: String,
    /// The name of the C struct, where it is not the Rust name in snake case.
    name: Option<LitStr>,
    /// The struct that prototypes have in its place.
    passed_as: Option<LitStr>,
    /// Fields that programs may write to, such as `inet_conn.icsk_ca_priv`.
    writable: Vec<Punctuated<Ident, Token![.]>>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self {
            header: header(input)?,
            name: None,
            passed_as: None,
            writable: Vec::new(),
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse()?;
            if key == "name" {
                input.parse::<Token![=]>()?;
                options.name = Some(input.parse()?);
            } else if key == "passed_as" {
                input.parse::<Token![=]>()?;
                options.passed_as = Some(input.parse()?);
            } else if key == "writable" {
                let list;
                parenthesized!(list in input);
                options.writable = list
                    .parse_terminated(Punctuated::parse_separated_nonempty, Token![,])?
                    .into_iter()
                    .collect();
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `name = \"c_name\"`, `passed_as = \"c_name\"` and \
                     `writable(field, part.field)` exist",
                ));
            }
        }
        Ok(options)
    }
}

/// A struct of the kernel, declared in Rust.
pub(crate) struct KernelStruct {
    /// The struct itself, without fields.
    pub(crate) item: ItemStruct,
    /// The name in C.
    pub(crate) name: String,
    /// See [`Options::header`].
    pub(crate) header: String,
    /// See [`Options::passed_as`].
    pub(crate) passed_as: Option<String>,
    /// See [`Options::writable`], as C writes them.
    pub(crate) writable: Vec<Field>,
}

/// A field of the struct, or of a part of it.
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) span: Span,
}

impl Field {
    fn new(path: &Punctuated<Ident, Token![.]>) -> Result<Self> {
        let names = path.iter().map(c_name).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            path: names.join("."),
            span: path.span(),
        })
    }
}

impl KernelStruct {
    /// Reads a struct that stands behind `#[kernel_struct(…)]`.
    pub(crate) fn parse(options: Options, item: ItemStruct) -> Result<Self> {
        check_generics(&item.generics)?;
        if !matches!(item.fields, Fields::Unit) {
            return Err(Error::new(
                item.ident.span(),
                "the header says what is in it: write `struct Name;`",
            ));
        }
        Ok(Self {
            name: struct_name(&item.ident, options.name.as_ref())?,
            header: options.header,
            passed_as: match &options.passed_as {
                Some(name) => Some(struct_name(&item.ident, Some(name))?),
                None => None,
            },
            writable: options
                .writable
                .iter()
                .map(Field::new)
                .collect::<Result<_>>()?,
            item,
        })
    }
}
