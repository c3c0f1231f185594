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
    /// Reads all of them. What is wrong is left out, and is in `errors`.
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Vec<Error>) -> Self {
        let mut found = Self::default();
        for attr in attrs {
            if let Err(error) = found.read(attr) {
                errors.push(error);
            }
        }
        found
    }

    fn read(&mut self, attr: &Attribute) -> Result<()> {
        match &attr.meta {
            Meta::NameValue(doc) if doc.path.is_ident("doc") => self.docs.push(attr.clone()),
            Meta::List(list) if list.path.is_ident("cfg") => self.cfgs.push(attr.clone()),
            Meta::Path(path) if path.is_ident("optional") => self.optional = true,
            Meta::Path(path) if path.is_ident("unsupported") => self.unsupported = true,
            Meta::Path(path) if path.is_ident("sleepable") => self.sleepable = true,
            Meta::Path(path) if path.is_ident("private_stack") => self.private_stack = true,
            Meta::Path(path) if path.is_ident("private") => self.private = true,
            Meta::List(list) if list.path.is_ident("prologue") => {
                self.prologue = Some(list.parse_args()?);
            }
            Meta::List(list) if list.path.is_ident("epilogue") => {
                self.epilogue = Some(list.parse_args()?);
            }
            Meta::List(list) if list.path.is_ident("clamp") => {
                self.clamp = Some(list.parse_args()?);
            }
            Meta::List(list) if list.path.is_ident("default") => {
                self.default = Some(list.parse_args()?);
            }
            Meta::List(list) if list.path.is_ident("deny") => {
                let names = Punctuated::<Ident, Token![,]>::parse_terminated;
                self.denied = list.parse_args_with(names)?.into_iter().collect();
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
        Ok(())
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
