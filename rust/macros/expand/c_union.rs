// SPDX-License-Identifier: GPL-2.0

//! `#[c_union]`: the union in C, and methods that read and write it.

use super::{
    c_struct::{
        begin,
        borrowed,
        check_plain, //
    },
    record::same_layout,
    template::Template, //
};
use crate::parse::c_union::CUnion;
use proc_macro2::TokenStream;
use quote::{
    format_ident,
    quote, //
};
use syn::ext::IdentExt;

/// The union in C, which a record of any type that uses it may contain, once.
fn definition(c_union: &CUnion) -> TokenStream {
    let (name, ident) = (&c_union.name, &c_union.item.ident);
    let at = ident.span();
    let what = format!("union {name}");
    let mut c = begin(&what, at, &c_union.fields);
    c.text("};\n").line(at);
    same_layout(&mut c, &what, &quote!(#ident));
    let mut shared = Template::default();
    shared.shared("union", name, at, c);
    shared.into_text()
}

/// Expands `#[c_union]`.
pub(crate) fn c_union(c_union: CUnion) -> TokenStream {
    let CUnion { item, name, fields } = &c_union;
    let (attrs, vis, ident) = (&item.attrs, &item.vis, &item.ident);
    let members = &item.fields;
    let inner = format_ident!("__StructOps{ident}");
    let before = format!("union {name} ");
    let definition = definition(&c_union);
    let borrowed = borrowed(fields, "");
    let mut unit = Template::default();
    unit.text("#ifdef STRUCT_OPS_CODE\n")
        .hole(quote!(<#ident as ::struct_ops::CType>::C.definition))
        .text("#endif\n");
    let unit = unit.into_text();
    let methods = fields.iter().zip(&members.named).map(|(field, member)| {
        let (cfgs, name, ty) = (&field.cfgs, &field.ident, &field.ty);
        let docs = member.attrs.iter().filter(|a| a.path().is_ident("doc"));
        let with = format_ident!("with_{}", name.unraw());
        let made = format!(
            "Makes one that has this `{}`; the other bytes are 0.",
            name.unraw()
        );
        let read = format!("Reads `{}`, whichever was written last.", name.unraw());
        quote! {
            #(#cfgs)*
            #[doc = #read]
            #(#docs)*
            #[inline]
            #vis const fn #name(&self) -> #ty {
                // SAFETY: It is a member, and all are `Plain`, see below.
                unsafe { self.0.get() }
            }

            #(#cfgs)*
            #[doc = #made]
            #[inline]
            #vis const fn #with(#name: #ty) -> Self {
                // SAFETY: It is a member, and all are `Plain`, see below.
                Self(unsafe { ::struct_ops::Union::new(#name) })
            }
        }
    });
    let plain = fields
        .iter()
        .map(|field| check_plain(field, quote!(+ ::core::marker::Copy)));
    quote! {
        #(#attrs)*
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        #vis struct #ident(::struct_ops::Union<#inner>);

        #[doc(hidden)]
        #[derive(Clone, Copy)]
        #[repr(C)]
        union #inner #members

        #[allow(dead_code, reason = "a program may be the only one who uses it")]
        impl #ident {
            #(#methods)*
        }

        const _: () = {
            // SAFETY: It has the layout of C, which compares size and alignment. The members are `Plain`, so
            // any bytes are a value.
            unsafe impl ::struct_ops::CType for #ident {
                const C: ::struct_ops::Spelling = ::struct_ops::Spelling {
                    definition: #definition,
                    before: ::struct_ops::Text::Str(#before),
                    after: ::struct_ops::Text::NOTHING,
                };
                const BORROWED: ::struct_ops::Text = #borrowed;

                type Raw = Self;
                type Read<'a> = Self;

                #[inline]
                unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
                    // SAFETY: By the safety requirements of this function.
                    unsafe { raw.read() }
                }
            }

            // SAFETY: Its members are `Plain`, see below.
            unsafe impl ::struct_ops::Plain for #ident {}
            #(#plain)*

            ::struct_ops::unit!(#unit);
        };
    }
}
