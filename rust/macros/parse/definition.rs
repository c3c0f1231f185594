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
    Path,
    Result,
    Token,
    Type, //
};

/// The kernel prints the name into 128 bytes, behind `bpf_struct_ops_`.
const MAX_NAME: usize = 127 - "bpf_struct_ops_".len();

/// The arguments of `#[struct_ops(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The name of the C struct, where it is not the Rust name in snake case.
    name: Option<LitStr>,
    /// The static that holds attached programs.
    slot: Option<Path>,
    /// The header that defines the struct, if it is one of the kernel.
    kernel: Option<String>,
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
            } else {
                return Err(Error::new(
                    key.span(),
                    "unknown option: `name = \"c_name\"`, `slot = STATIC` and `kernel = \"header.h\"` exist",
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
    /// See [`Options::kernel`].
    pub(crate) kernel: Option<String>,
    /// In the order of the table.
    pub(crate) members: Vec<Member>,
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
    pub(crate) fn parse(options: Options, item: ItemStruct) -> Result<Self> {
        check_generics(&item.generics)?;
        let fields = match &item.fields {
            Fields::Named(fields) if !fields.named.is_empty() => &fields.named,
            _ => {
                return Err(Error::new(
                    item.ident.span(),
                    "a struct_ops type is a struct with named members, at least one",
                ))
            }
        };
        let members = fields
            .iter()
            .map(Member::parse)
            .collect::<Result<Vec<_>>>()?;
        let name = struct_name(&item.ident, options.name.as_ref())?;
        if name.len() > MAX_NAME {
            return Err(Error::new(
                item.ident.span(),
                format!("the name of a struct_ops type has at most {MAX_NAME} bytes"),
            ));
        }
        Ok(Self {
            name,
            slot: options.slot,
            kernel: options.kernel,
            members,
            item,
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
    fn parse(field: &syn::Field) -> Result<Self> {
        // A field of a struct with named fields has a name.
        let ident = field.ident.clone().unwrap();
        let attributes = Attributes::parse(&field.attrs)?;
        let fixed = attributes.private || matches!(field.ty, Type::BareFn(_));
        if let Some(default) = attributes.default.as_ref().filter(|_| fixed) {
            return Err(Error::new(
                default.span(),
                "only a value that user space may set has a default",
            ));
        }
        let kind = match &field.ty {
            Type::BareFn(function) => {
                if attributes.private {
                    return Err(Error::new(ident.span(), "only a value can be `#[private]`"));
                }
                Kind::Callback(Callback::parse(function, &attributes)?)
            }
            ty => {
                if attributes.for_callback() {
                    return Err(Error::new(
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
        Ok(Self {
            name: c_name(&ident)?,
            ident,
            docs: attributes.docs,
            cfgs: attributes.cfgs,
            default: attributes.default,
            kind,
        })
    }
}
