// SPDX-License-Identifier: GPL-2.0

//! The parser of `#[c_struct]`: plain structs that a module shares with programs.

use crate::{
    names::{
        check_name,
        snake_case, //
    },
    types::{
        self,
        Data, //
    }, //
};
use syn::{
    spanned::Spanned,
    Error,
    Fields,
    Ident,
    ItemStruct,
    Result, //
};

/// The verifier knows the context of a program by the name of the struct alone, and would pass it to
/// a kfunc whatever the fields are. The C unit includes the headers of all but this, so the C compiler
/// refuses the others.
const CONTEXT: &str = "bpf_perf_event_data";

/// A struct of the module that C and BPF see as well.
pub(crate) struct CStruct {
    /// The struct itself.
    pub(crate) item: ItemStruct,
    /// The name in C: the Rust name in snake case.
    pub(crate) name: String,
    /// In the order of the struct.
    pub(crate) fields: Vec<(Ident, Data)>,
    /// The fields that programs may write to (`#[writable]`).
    pub(crate) writable: Vec<Ident>,
}

impl CStruct {
    /// Reads a struct that stands behind `#[c_struct]`.
    pub(crate) fn parse(mut item: ItemStruct) -> Result<Self> {
        let name = snake_case(&item.ident.to_string());
        if name == CONTEXT {
            return Err(Error::new(
                item.ident.span(),
                "the verifier takes a struct of this name for the context of a program",
            ));
        }
        let mut writable = Vec::new();
        for field in &mut item.fields {
            let before = field.attrs.len();
            field.attrs.retain(|a| !a.path().is_ident("writable"));
            if field.attrs.len() < before {
                writable.extend(field.ident.clone());
            }
        }
        let named = match &item.fields {
            Fields::Named(fields) if item.generics.params.is_empty() => &fields.named,
            _ => {
                return Err(Error::new(
                    item.ident.span(),
                    "`#[c_struct]` is for structs with named fields and no generics",
                ))
            }
        };
        if named.is_empty() {
            return Err(Error::new(
                item.ident.span(),
                "C has no empty structs: add a field",
            ));
        }
        let fields = named
            .iter()
            .map(|field| {
                let data = types::data(&field.ty)?;
                if matches!(data, Data::Scalar(_, "bool")) {
                    return Err(Error::new(
                        field.ty.span(),
                        "user space and programs may write any byte: use `u8`",
                    ));
                }
                // A field of a struct with named fields has a name.
                let ident = field.ident.clone().unwrap();
                check_name(&ident)?;
                Ok((ident, data))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            name,
            fields,
            writable,
            item,
        })
    }

    /// Reads `item` if it has the attribute.
    pub(crate) fn find(item: &ItemStruct) -> Option<Result<Self>> {
        let marked = item.attrs.iter().any(|a| a.path().is_ident("c_struct"));
        marked.then(|| Self::parse(item.clone()))
    }
}
