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

/// What C has to read first: the header, and what finds the struct in BTF, where that is needed.
fn definition(kernel_struct: &KernelStruct) -> String {
    let (header, name) = (&kernel_struct.header, &kernel_struct.name);
    let mut text = format!("#include <{header}>\n");
    if kernel_struct.passed_as.is_some() || !kernel_struct.writable.is_empty() {
        text += &format!(
            "#ifndef STRUCT_OPS_KERNEL_{name}\n#define STRUCT_OPS_KERNEL_{name}\n\
             STRUCT_OPS_KERNEL({name})\n#endif\n"
        );
    }
    text
}

/// The statements of C that admit a write to one of the fields.
fn writes(kernel_struct: &KernelStruct) -> TokenStream {
    let name = &kernel_struct.name;
    let mut c = Template::default();
    for field in &kernel_struct.writable {
        c.text(&format!(
            "\tif (struct_ops_is_kernel(reg, &struct_ops_kernel__{name}) &&\n\t    \
             STRUCT_OPS_WITHIN({name}, {}))\n\t\treturn 0;\n",
            field.path
        ));
    }
    c.into_text()
}

/// Expands `#[kernel_struct]`.
pub(crate) fn kernel_struct(kernel_struct: KernelStruct) -> TokenStream {
    let item = &kernel_struct.item;
    let (vis, ident, attrs) = (&item.vis, &item.ident, &item.attrs);
    let name = &kernel_struct.name;
    let definition = definition(&kernel_struct);
    let writes = writes(&kernel_struct);
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    c.line(ident.span()).text(&definition).line(ident.span());
    c.text(&format!(
        "_Static_assert(sizeof(struct {name}) >= 0, \"the header does not say what is in struct {name}\");\n"
    ));
    if let Some(passed_as) = &kernel_struct.passed_as {
        c.line(ident.span()).text(&format!(
            "_Static_assert(sizeof(struct {passed_as}) <= sizeof(struct {name}),\n\t      \
             \"struct {name} cannot be what is passed as struct {passed_as}\");\n"
        ));
    }
    for field in &kernel_struct.writable {
        c.line(field.span).text(&format!(
            "_Static_assert(STRUCT_OPS_IS_NUMBER(((struct {name} *)0)->{}),\n\t      \
             \"programs may write to numbers only, and {} of struct {name} is none\");\n",
            field.path, field.path
        ));
    }
    c.text("#endif\n");
    let unit = c.into_text();
    let promoted = kernel_struct.passed_as.is_some();
    let passed_as = kernel_struct.passed_as.as_ref().unwrap_or(name);
    let raw = Ident::new(passed_as, Span::call_site());
    let (name, passed_as) = (c_string(name), c_string(passed_as));
    quote! {
        #(#attrs)*
        #[repr(transparent)]
        #vis struct #ident(::struct_ops::Foreign);

        const _: () = {
            type __StructOpsSelf = #ident;

            const _: () = {
                /// What C calls it where it is passed, and what kCFI hashes.
                #[expect(non_camel_case_types, reason = "C writes it so")]
                #[repr(C)]
                pub struct #raw([::core::primitive::u8; 0]);

                // SAFETY: A `Self` exists only where C has put the struct, and says nothing of its
                // layout. C compares the name with the header.
                unsafe impl ::struct_ops::Pointee for __StructOpsSelf {
                    type Raw = #raw;

                    const NAME: &'static ::kernel::str::CStr = #name;
                    const PASSED_AS: &'static ::kernel::str::CStr = #passed_as;
                    const PROMOTED: ::core::primitive::bool = #promoted;
                    const DEFINITION: ::struct_ops::Text = ::struct_ops::Text::Str(#definition);
                    const WRITES: ::struct_ops::Text = #writes;
                }

                // SAFETY: Rust has nothing of it but its address, so any memory of the size will do.
                unsafe impl ::struct_ops::Trusted for __StructOpsSelf {}
            };
            ::struct_ops::unit!(#unit);
        };
    }
}
