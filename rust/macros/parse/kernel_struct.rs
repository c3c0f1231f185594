// SPDX-License-Identifier: GPL-2.0

//! `#[kernel_struct]`: structs of the kernel that programs get pointers to.

use super::names::{
    check_generics,
    header,
    struct_name, //
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
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
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let header = header(input)?;
        let mut name = None;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
            let key: Ident = input.parse()?;
            if key != "name" {
                return Err(Error::new(
                    key.span(),
                    "unknown option: there is only `name = \"c_name\"`",
                ));
            }
            input.parse::<Token![=]>()?;
            name = Some(input.parse()?);
        }
        Ok(Self { header, name })
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
            item,
        })
    }
}
