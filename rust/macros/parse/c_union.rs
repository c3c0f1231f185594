// SPDX-License-Identifier: GPL-2.0

//! `#[c_union]`: unions of plain data that a module shares with programs.

use super::{
    attributes::cfgs,
    names::{
        c_name,
        check_generics,
        struct_name, //
    },
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
    Attribute,
    Error,
    Ident,
    ItemUnion,
    LitStr,
    Result,
    Token,
    Type, //
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

/// A member.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// Its name in C.
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// Its documentation, and whether it is there at all.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) cfgs: Vec<Attribute>,
}

impl CUnion {
    /// Reads a union that stands behind `#[c_union]`.
    pub(crate) fn parse(options: Options, mut item: ItemUnion) -> Result<Self> {
        check_generics(&item.generics)?;
        let name = struct_name(&item.ident, options.name.as_ref())?;
        let mut fields = Vec::new();
        for field in &mut item.fields.named {
            // A member of a union has a name.
            let ident = field.ident.clone().unwrap();
            let cfgs = cfgs(&field.attrs);
            let mut attrs = cfgs.clone();
            attrs.extend(
                field
                    .attrs
                    .iter()
                    .filter(|a| a.path().is_ident("doc"))
                    .cloned(),
            );
            fields.push(Field {
                name: c_name(&ident)?,
                ident,
                ty: field.ty.clone(),
                attrs,
                cfgs,
            });
        }
        Ok(Self { item, name, fields })
    }
}
