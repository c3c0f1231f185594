// SPDX-License-Identifier: GPL-2.0

//! The parser of `#[c_struct]`: plain structs that a module shares with programs.

use crate::{
    flags,
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
    parse::{
        Parse,
        ParseStream, //
    },
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

/// The arguments of `#[c_struct(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// Programs hold it by a reference count, so it is in an `Arc`.
    refcounted: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self::default());
        }
        let key: Ident = input.parse()?;
        if key != "refcounted" {
            return Err(Error::new(
                key.span(),
                "unknown option: there is only `refcounted`",
            ));
        }
        Ok(Self { refcounted: true })
    }
}

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
    /// See [`Options::refcounted`].
    pub(crate) refcounted: bool,
}

impl CStruct {
    /// Reads a struct that stands behind `#[c_struct]`.
    pub(crate) fn parse(options: Options, mut item: ItemStruct) -> Result<Self> {
        let name = snake_case(&item.ident.to_string());
        if name == CONTEXT {
            return Err(Error::new(
                item.ident.span(),
                "the verifier takes a struct of this name for the context of a program",
            ));
        }
        let mut writable = Vec::new();
        let mut private = 0;
        for field in &mut item.fields {
            // Takes an attribute away, and tells whether it was there.
            let mut take = |name| {
                let before = field.attrs.len();
                field.attrs.retain(|a| !a.path().is_ident(name));
                field.attrs.len() < before
            };
            let (is_writable, is_private) = (take("writable"), take("private"));
            if options.refcounted && is_writable {
                return Err(Error::new(
                    field.span(),
                    "Rust reads a refcounted struct while programs have it: they cannot write to it",
                ));
            }
            if is_private && !options.refcounted {
                return Err(Error::new(
                    field.span(),
                    "only `#[c_struct(refcounted)]` can have `#[private]` fields: of others, programs \
                     may have copies",
                ));
            }
            if !is_private && private > 0 {
                return Err(Error::new(
                    field.span(),
                    "what programs see comes before the `#[private]` fields",
                ));
            }
            if is_writable {
                writable.extend(field.ident.clone());
            }
            private += usize::from(is_private);
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
        if named.len() == private {
            return Err(Error::new(
                item.ident.span(),
                "C has no empty structs: add a field",
            ));
        }
        let fields = named
            .iter()
            .take(named.len() - private)
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
            refcounted: options.refcounted,
            item,
        })
    }

    /// The names of the structs in it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().filter_map(|(_, data)| match data {
            Data::Struct(to) => Some(&to.name),
            Data::Scalar(..) | Data::Array(..) => None,
        })
    }

    /// Reads `item` if it has the attribute.
    pub(crate) fn find(item: &ItemStruct) -> Option<Result<Self>> {
        let options = flags::options(&item.attrs, "c_struct")?;
        Some(options.and_then(|options| Self::parse(options, item.clone())))
    }
}
