// SPDX-License-Identifier: GPL-2.0

//! `#[c_struct]`: plain structs that a module shares with programs.

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
    spanned::Spanned,
    Attribute,
    Error,
    Fields,
    Ident,
    ItemStruct,
    LitStr,
    Result,
    Token,
    Type, //
};

/// The arguments of `#[c_struct(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// Programs hold it by a reference count, so it is in an `Arc`.
    refcounted: bool,
    /// Programs see nothing of it.
    opaque: bool,
    /// The name in C, where it is not the Rust name in snake case.
    name: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            if key == "name" {
                input.parse::<Token![=]>()?;
                options.name = Some(input.parse()?);
            } else if key == "refcounted" && !options.opaque {
                options.refcounted = true;
            } else if key == "opaque" && !options.refcounted {
                options.opaque = true;
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `name = \"c_name\"` exists, and `refcounted` or `opaque`",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// A struct of the module that C and BPF see as well.
pub(crate) struct CStruct {
    /// The struct itself.
    pub(crate) item: ItemStruct,
    /// The name in C.
    pub(crate) name: String,
    /// In the order of the struct, without those that are private.
    pub(crate) fields: Vec<Field>,
    /// See [`Options::refcounted`].
    pub(crate) refcounted: bool,
    /// See [`Options::opaque`].
    pub(crate) opaque: bool,
}

/// A field that C and BPF see.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// Its name in C.
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// Whether it is there at all.
    pub(crate) cfgs: Vec<Attribute>,
    /// May programs write to it (`#[writable]`)?
    pub(crate) writable: bool,
}

impl Field {
    /// A field that has a name.
    pub(crate) fn new(field: &syn::Field, writable: bool) -> Result<Self> {
        let ident = field.ident.clone().unwrap();
        Ok(Self {
            name: c_name(&ident)?,
            ident,
            ty: field.ty.clone(),
            cfgs: cfgs(&field.attrs),
            writable,
        })
    }
}

impl CStruct {
    /// Reads a struct that stands behind `#[c_struct]`.
    pub(crate) fn parse(options: Options, mut item: ItemStruct) -> Result<Self> {
        check_generics(&item.generics)?;
        let name = struct_name(&item.ident, options.name.as_ref())?;
        if name.contains("__") {
            return Err(Error::new(
                item.ident.span(),
                "the verifier would read from this name which pointers to trust: a struct has no `__` in it",
            ));
        }
        if options.opaque {
            return Ok(Self {
                item,
                name,
                fields: Vec::new(),
                refcounted: false,
                opaque: true,
            });
        }
        let Fields::Named(named) = &mut item.fields else {
            return Err(Error::new(
                item.ident.span(),
                "`#[c_struct]` is for structs with named fields",
            ));
        };
        let mut fields = Vec::new();
        let mut has_private = false;
        for field in &mut named.named {
            // Takes an attribute away, and tells whether it was there.
            let mut take = |name| {
                let before = field.attrs.len();
                field.attrs.retain(|a| !a.path().is_ident(name));
                field.attrs.len() < before
            };
            let (writable, private) = (take("writable"), take("private"));
            if let Some(attr) = field.attrs.iter().find(|a| a.path().is_ident("cfg_attr")) {
                return Err(Error::new(
                    attr.span(),
                    "a field that C sees as well has no `#[cfg_attr]`: write it twice, with `#[cfg]`",
                ));
            }
            if options.refcounted && writable {
                return Err(Error::new(
                    field.span(),
                    "Rust reads a refcounted struct while programs have it: they cannot write to it",
                ));
            }
            if private && !options.refcounted {
                return Err(Error::new(
                    field.span(),
                    "only `#[c_struct(refcounted)]` can have `#[private]` fields: of others, programs \
                     may have copies",
                ));
            }
            if has_private && !private {
                return Err(Error::new(
                    field.span(),
                    "what programs see comes before the `#[private]` fields",
                ));
            }
            has_private |= private;
            if !private {
                fields.push(Field::new(field, writable)?);
            }
        }
        if fields.is_empty() {
            return Err(Error::new(
                item.ident.span(),
                "C has no empty structs: add a field",
            ));
        }
        Ok(Self {
            name,
            fields,
            refcounted: options.refcounted,
            opaque: false,
            item,
        })
    }
}
