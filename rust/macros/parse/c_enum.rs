// SPDX-License-Identifier: GPL-2.0

//! `#[c_enum]`: enums that programs know as well.

use super::{
    attributes::cfgs,
    names::{
        check_generics,
        enum_prefix,
        enumerator,
        header,
        struct_name, //
    },
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
    spanned::Spanned,
    Attribute,
    Error,
    Fields,
    Ident,
    ItemEnum,
    LitStr,
    Result,
    Token, //
};

/// The arguments of `#[c_enum(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The header that defines it, if it is one of the kernel.
    kernel: Option<String>,
    /// The name of the C enum, where it is not the Rust name in snake case.
    name: Option<LitStr>,
    /// What stands before the names of the variants in C.
    prefix: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            if key == "kernel" {
                options.kernel = Some(header(input)?);
            } else if key == "name" {
                options.name = Some(input.parse()?);
            } else if key == "prefix" {
                options.prefix = Some(input.parse()?);
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `kernel = \"header.h\"`, `name = \"c_name\"` and \
                     `prefix = \"C_NAME_\"` exist",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// An enum that C and BPF see as well.
pub(crate) struct CEnum {
    /// The enum itself.
    pub(crate) item: ItemEnum,
    /// The name in C.
    pub(crate) name: String,
    /// See [`Options::kernel`].
    pub(crate) kernel: Option<String>,
    /// In the order of the enum.
    pub(crate) variants: Vec<Variant>,
}

/// A value.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// Its name in C.
    pub(crate) name: String,
    /// Whether it is there at all.
    pub(crate) cfgs: Vec<Attribute>,
}

impl CEnum {
    /// Reads an enum that stands behind `#[c_enum]`.
    pub(crate) fn parse(options: Options, item: ItemEnum) -> Result<Self> {
        check_generics(&item.generics)?;
        let name = struct_name(&item.ident, options.name.as_ref())?;
        let prefix = enum_prefix(&name, options.prefix.as_ref());
        let variants = item
            .variants
            .iter()
            .map(|variant| {
                if !matches!(variant.fields, Fields::Unit) {
                    return Err(Error::new(
                        variant.fields.span(),
                        "a value of C's enums is a number: it has no fields",
                    ));
                }
                Ok(Variant {
                    name: enumerator(&prefix, &variant.ident)?,
                    ident: variant.ident.clone(),
                    cfgs: cfgs(&variant.attrs),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        if variants.is_empty() {
            return Err(Error::new(
                item.ident.span(),
                "C has no empty enums: add a value",
            ));
        }
        Ok(Self {
            name,
            kernel: options.kernel,
            variants,
            item,
        })
    }
}
