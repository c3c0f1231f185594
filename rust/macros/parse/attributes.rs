// SPDX-License-Identifier: GPL-2.0

//! The attributes that stand before a member.

use syn::{
    punctuated::Punctuated,
    spanned::Spanned,
    Attribute,
    Error,
    Expr,
    Ident,
    Meta,
    Path,
    Result,
    Token, //
};

/// What stands before a member.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) optional: bool,
    pub(crate) unsupported: bool,
    pub(crate) sleepable: bool,
    pub(crate) private_stack: bool,
    pub(crate) private: bool,
    pub(crate) prologue: Option<Path>,
    pub(crate) epilogue: Option<Path>,
    pub(crate) clamp: Option<Ident>,
    pub(crate) denied: Vec<Ident>,
    pub(crate) default: Option<Expr>,
    pub(crate) docs: Vec<Attribute>,
    /// `#[cfg(…)]`, which goes before all that becomes of the member.
    pub(crate) cfgs: Vec<Attribute>,
}

impl Attributes {
    pub(crate) fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        for attr in attrs {
            match &attr.meta {
                Meta::NameValue(doc) if doc.path.is_ident("doc") => found.docs.push(attr.clone()),
                Meta::List(list) if list.path.is_ident("cfg") => found.cfgs.push(attr.clone()),
                Meta::Path(path) if path.is_ident("optional") => found.optional = true,
                Meta::Path(path) if path.is_ident("unsupported") => found.unsupported = true,
                Meta::Path(path) if path.is_ident("sleepable") => found.sleepable = true,
                Meta::Path(path) if path.is_ident("private_stack") => found.private_stack = true,
                Meta::Path(path) if path.is_ident("private") => found.private = true,
                Meta::List(list) if list.path.is_ident("prologue") => {
                    found.prologue = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("epilogue") => {
                    found.epilogue = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("clamp") => {
                    found.clamp = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("default") => {
                    found.default = Some(list.parse_args()?);
                }
                Meta::List(list) if list.path.is_ident("deny") => {
                    let names = Punctuated::<Ident, Token![,]>::parse_terminated;
                    found.denied = list.parse_args_with(names)?.into_iter().collect();
                }
                _ => {
                    return Err(Error::new(
                        attr.span(),
                        "unknown attribute: a callback may be `#[optional]`, `#[unsupported]`, \
                         `#[sleepable]`, `#[private_stack]`, `#[clamp(EPROTO)]`, `#[deny(…)]`, \
                         `#[prologue(…)]` or `#[epilogue(…)]`, a value `#[private]` or \
                         `#[default(…)]`, and both `#[cfg(…)]`",
                    ))
                }
            }
        }
        Ok(found)
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

/// The `#[cfg(…)]` among `attrs`.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    let mut cfgs = attrs.to_vec();
    cfgs.retain(|attr| attr.path().is_ident("cfg"));
    cfgs
}
