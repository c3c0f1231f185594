// SPDX-License-Identifier: GPL-2.0

//! `#[c_union]`: unions of plain data that a module shares with programs.

use super::{
    c_struct::Field,
    names::{
        check_generics,
        struct_name, //
    },
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
    Error,
    Ident,
    ItemUnion,
    LitStr,
    Result,
    Token, //
};

/// The arguments of `#[c_union(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The name in C, where it is not the Rust name in snake case.
    name: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        if !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "name" {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `name = \"c_name\"` exists",
                ));
            }
            input.parse::<Token![=]>()?;
            options.name = Some(input.parse()?);
        }
        Ok(options)
    }
}

/// A union that C and BPF see as well.
pub(crate) struct CUnion {
    /// The union itself.
    pub(crate) item: ItemUnion,
    /// The name in C.
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

impl CUnion {
    /// Reads a union that stands behind `#[c_union]`.
    pub(crate) fn parse(options: Options, item: ItemUnion) -> Result<Self> {
        check_generics(&item.generics)?;
        let fields = &item.fields.named;
        Ok(Self {
            name: struct_name(&item.ident, options.name.as_ref())?,
            fields: fields
                .iter()
                .map(|field| Field::new(field, false))
                .collect::<Result<_>>()?,
            item,
        })
    }
}
