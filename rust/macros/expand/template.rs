// SPDX-License-Identifier: GPL-2.0

//! C text with holes, for what the compiler knows and a macro does not.

use proc_macro2::{
    Ident,
    Span,
    TokenStream, //
};
use quote::{
    quote,
    quote_spanned, //
};
use std::collections::HashSet;
use syn::{
    spanned::Spanned,
    visit_mut::VisitMut,
    Attribute,
    Lifetime,
    Type,
    TypeReference, //
};

/// C text, as an expression of type `struct_ops::Text`.
#[derive(Default)]
pub(crate) struct Template {
    parts: Vec<TokenStream>,
    text: String,
    /// What [`Template::first`] has appended.
    seen: HashSet<String>,
}

impl Template {
    /// Appends text.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends an expression of type `struct_ops::Text`.
    pub(crate) fn hole(&mut self, text: TokenStream) -> &mut Self {
        self.flush();
        self.parts.push(text);
        self
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.parts.push(quote!(::struct_ops::Text::Str(#text)));
        }
    }

    /// Appends an expression of type `struct_ops::Text`, unless it has done so before.
    pub(crate) fn first(&mut self, cfgs: &[Attribute], text: TokenStream) -> &mut Self {
        let part = quote!(#(#cfgs)* #text);
        if self.seen.insert(part.to_string()) {
            self.hole(part);
        }
        self
    }

    /// Appends the declaration of `name` as C writes it for a type.
    pub(crate) fn declare(
        &mut self,
        ty: &As,
        name: &str,
        suffix: Option<TokenStream>,
    ) -> &mut Self {
        let c = ty.item("C");
        self.hole(quote!(#c.before)).text(name);
        if let Some(suffix) = suffix {
            self.string(suffix);
        }
        self.hole(quote!(#c.after))
    }

    /// Appends the declaration of a field of a struct that programs see.
    pub(crate) fn field(&mut self, ty: &As, name: &str) -> &mut Self {
        let c = ty.item("FIELD");
        self.hole(quote!(#c.before))
            .text(name)
            .hole(quote!(#c.after))
    }

    /// Appends what C has to read before such a declaration.
    pub(crate) fn definition(&mut self, cfgs: &[Attribute], ty: &As) -> &mut Self {
        let c = ty.item("C");
        self.first(cfgs, quote!(#c.definition))
    }

    /// Appends an expression of type `&'static str`.
    pub(crate) fn string(&mut self, text: TokenStream) -> &mut Self {
        self.hole(quote!(::struct_ops::Text::Str(#text)))
    }

    /// Appends an expression of type `usize`.
    pub(crate) fn number(&mut self, number: TokenStream) -> &mut Self {
        self.hole(quote!(::struct_ops::Text::Number(#number)))
    }

    /// Appends `part`, if the conditions hold.
    pub(crate) fn part(&mut self, cfgs: &[Attribute], part: Self) -> &mut Self {
        let part = part.into_text();
        self.hole(quote!(#(#cfgs)* #part))
    }

    /// Appends `part`, if the condition holds, which the compiler knows.
    pub(crate) fn when(&mut self, condition: TokenStream, part: Self) -> &mut Self {
        let part = part.into_text();
        self.hole(quote!(::struct_ops::Text::If(#condition, {
            const PART: ::struct_ops::Text = #part;
            &PART
        })))
    }

    /// Has the C compiler name the author's line from here on.
    pub(crate) fn line(&mut self, at: Span) -> &mut Self {
        self.text("#line ")
            .number(quote_spanned!(at=> ::core::line!() as ::core::primitive::usize))
            .text(" \"")
            .string(quote_spanned!(at=> ::core::file!()))
            .text("\"\n")
    }

    /// Has the C compiler refuse a second `struct x`, and opens the block of the first.
    pub(crate) fn once(&mut self, what: &str, name: &str, at: Span) -> &mut Self {
        self.text(&format!("#ifdef STRUCT_OPS_{what}_{name}\n"))
            .line(at)
            .text(&format!(
                "_Static_assert(0, \"the module has {what} {name} twice: here, and at \" \
                 STRUCT_OPS_{what}_{name});\n#else\n"
            ))
            .defined_at(what, name, at)
    }

    /// Says to [`Template::once`] where `struct x` is defined.
    pub(crate) fn defined_at(&mut self, what: &str, name: &str, at: Span) -> &mut Self {
        self.text(&format!("#define STRUCT_OPS_{what}_{name} \""))
            .string(quote_spanned!(at=> ::core::file!()))
            .text(":")
            .number(quote_spanned!(at=> ::core::line!() as ::core::primitive::usize))
            .text("\"\n")
    }

    /// Appends the definition of `what name`, which records of any type that uses it may contain: C reads
    /// the first, and refuses another of the name.
    pub(crate) fn shared(
        &mut self,
        what: &str,
        name: &str,
        at: Span,
        definition: Self,
    ) -> &mut Self {
        // Two of one name differ in this, and one that is read twice does not.
        let id = quote_spanned! {at=>
            ::struct_ops::Text::id(::core::concat!(
                ::core::module_path!(), ::core::file!(), ::core::line!(), ":", ::core::column!()
            ))
        };
        self.text(&format!("#ifndef STRUCT_OPS_{what}_{name}\n"))
            .defined_at(what, name, at)
            .text(&format!("#define STRUCT_OPS_ID_{what}_{name} "))
            .number(id.clone())
            .text("\n")
            .part(&[], definition)
            .text(&format!(
                "#elif !defined(STRUCT_OPS_ID_{what}_{name}) || STRUCT_OPS_ID_{what}_{name} != "
            ))
            .number(id)
            .text(&format!(
                "\n#ifndef STRUCT_OPS_TWICE_{what}_{name}\n#define STRUCT_OPS_TWICE_{what}_{name}\n"
            ))
            .line(at)
            .text(&format!(
                "_Static_assert(0, \"the module has {what} {name} twice: here, and at \" \
                 STRUCT_OPS_{what}_{name});\n#endif\n#endif\n"
            ))
    }

    /// The expression.
    pub(crate) fn into_text(mut self) -> TokenStream {
        self.flush();
        let parts = &self.parts;
        quote!(::struct_ops::Text::Parts(&[#(#parts),*]))
    }
}

/// `<type as trait>`: what a type says of itself, at the line where its author has written it.
pub(crate) struct As {
    ty: Type,
    of: TokenStream,
    span: Span,
}

impl As {
    /// `of` is the name of a trait of the crate. Lifetimes make no difference.
    pub(crate) fn new(ty: &Type, of: TokenStream) -> Self {
        Self {
            ty: with_lifetime(ty, "'static"),
            of,
            span: ty.span(),
        }
    }

    /// Names an item of the trait.
    pub(crate) fn item(&self, name: &str) -> TokenStream {
        let (ty, of) = (&self.ty, &self.of);
        let name = Ident::new(name, self.span);
        quote_spanned!(self.span=> <#ty as ::struct_ops::#of>::#name)
    }
}

/// `ty` with this in the place of all lifetimes but `'static`, for where there are no others.
pub(crate) fn with_lifetime(ty: &Type, lifetime: &str) -> Type {
    struct Name(Lifetime);

    impl VisitMut for Name {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            reference.lifetime.get_or_insert_with(|| self.0.clone());
            syn::visit_mut::visit_type_reference_mut(self, reference);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                *lifetime = self.0.clone();
            }
        }
    }

    let mut ty = ty.clone();
    Name(Lifetime::new(lifetime, Span::call_site())).visit_type_mut(&mut ty);
    ty
}

/// A name as a literal that C understands.
pub(crate) fn c_string(name: &str) -> proc_macro2::Literal {
    // An identifier has no NUL in it.
    proc_macro2::Literal::c_string(&std::ffi::CString::new(name).unwrap())
}
