// SPDX-License-Identifier: GPL-2.0

//! The parser of the attributes that stand before an item or a member.

use syn::{
    parse::Parse,
    punctuated::Punctuated,
    spanned::Spanned,
    Attribute,
    Error,
    Ident,
    Meta,
    Path,
    Result,
    Token, //
};

/// The options of the attribute `name`, if it is among `attrs`.
pub(crate) fn options<T: Parse + Default>(attrs: &[Attribute], name: &str) -> Option<Result<T>> {
    let attr = attrs.iter().find(|a| a.path().is_ident(name))?;
    Some(match &attr.meta {
        Meta::Path(_) => Ok(T::default()),
        _ => attr.parse_args(),
    })
}

/// The flags that stand before a member.
#[derive(Default)]
pub(crate) struct Flags {
    pub(crate) optional: bool,
    pub(crate) unsupported: bool,
    pub(crate) sleepable: bool,
    pub(crate) private_stack: bool,
    pub(crate) private: bool,
    pub(crate) prologue: Option<Path>,
    pub(crate) epilogue: Option<Path>,
    pub(crate) clamp: Option<Ident>,
    pub(crate) denied: Vec<Ident>,
    pub(crate) docs: Vec<Attribute>,
}

impl Flags {
    pub(crate) fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut flags = Self::default();
        for attr in attrs {
            match &attr.meta {
                Meta::NameValue(doc) if doc.path.is_ident("doc") => flags.docs.push(attr.clone()),
                Meta::Path(path) if path.is_ident("optional") => flags.optional = true,
                Meta::Path(path) if path.is_ident("unsupported") => flags.unsupported = true,
                Meta::Path(path) if path.is_ident("sleepable") => flags.sleepable = true,
                Meta::Path(path) if path.is_ident("private_stack") => flags.private_stack = true,
                Meta::Path(path) if path.is_ident("private") => flags.private = true,
                Meta::List(list) if list.path.is_ident("prologue") => {
                    flags.prologue = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("epilogue") => {
                    flags.epilogue = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("clamp") => {
                    flags.clamp = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("deny") => {
                    let names = Punctuated::<Ident, Token![,]>::parse_terminated;
                    flags.denied = list.parse_args_with(names)?.into_iter().collect();
                }
                _ => {
                    return Err(Error::new(
                        attr.span(),
                        "unknown attribute: a callback may be `#[optional]`, `#[unsupported]`, \
                         `#[sleepable]`, `#[private_stack]`, `#[clamp(EPROTO)]`, `#[deny(…)]`, \
                         `#[prologue(…)]` or `#[epilogue(…)]`, a value `#[private]`",
                    ))
                }
            }
        }
        Ok(flags)
    }

    /// Is there one that says something about a callback?
    pub(crate) fn for_callback(&self) -> bool {
        self.optional
            || self.unsupported
            || self.sleepable
            || self.private_stack
            || self.clamp.is_some()
            || self.prologue.is_some()
            || self.epilogue.is_some()
            || !self.denied.is_empty()
    }
}
