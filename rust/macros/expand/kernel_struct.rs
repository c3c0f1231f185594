// SPDX-License-Identifier: GPL-2.0

//! `#[kernel_struct]`: a Rust type for a struct of the kernel.

use super::template::{
    c_string,
    Template, //
};
use crate::parse::kernel_struct::KernelStruct;
use proc_macro2::{
    Ident,
    Span,
    TokenStream, //
};
use quote::quote;

/// Expands `#[kernel_struct]`.
pub(crate) fn kernel_struct(kernel_struct: KernelStruct) -> TokenStream {
    let item = &kernel_struct.item;
    let (vis, ident, attrs) = (&item.vis, &item.ident, &item.attrs);
    let name = &kernel_struct.name;
    let include = format!("#include <{}>\n", kernel_struct.header);
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    c.line(ident.span()).text(&include).line(ident.span());
    c.text(&format!(
        "_Static_assert(sizeof(struct {name}) >= 0, \"the header does not say what is in struct {name}\");\n\
         #endif\n"
    ));
    let unit = c.into_text();
    let raw = Ident::new(name, Span::call_site());
    let name = c_string(name);
    quote! {
        #(#attrs)*
        #[repr(transparent)]
        #vis struct #ident(::struct_ops::Foreign);

        const _: () = {
            type __StructOpsSelf = #ident;

            const _: () = {
                /// What C calls it, and what kCFI hashes.
                #[expect(non_camel_case_types, reason = "C writes it so")]
                #[repr(C)]
                pub struct #raw([::core::primitive::u8; 0]);

                // SAFETY: A `Self` exists only where C has put the struct, and says nothing of its
                // layout. C compares the name with the header.
                unsafe impl ::struct_ops::Pointee for __StructOpsSelf {
                    type Raw = #raw;

                    const NAME: &'static ::kernel::str::CStr = #name;
                    const DEFINITION: ::struct_ops::Text = ::struct_ops::Text::Str(#include);
                }
            };
            ::struct_ops::unit!(#unit);
        };
    }
}
