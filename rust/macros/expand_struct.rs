// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust side of structs that C and programs see.

use crate::{
    c_struct::CStruct,
    expand::c_string,
    expand_abi::{
        proof,
        raw_data,
        same_layout,
        same_offsets, //
    }, //
};
use proc_macro2::{
    Ident,
    Span,
    TokenStream, //
};
use quote::{
    format_ident,
    quote,
    quote_spanned, //
};

/// Expands `#[c_struct(refcounted)]`. C and BPF know `fields`, which come first.
fn refcounted(
    c_struct: &CStruct,
    abi: &TokenStream,
    proof: &TokenStream,
    fields: &[&Ident],
) -> TokenStream {
    let item = &c_struct.item;
    let ident = &item.ident;
    let destroy = format_ident!("{}__drop", c_struct.name);
    let offsets = same_offsets(ident, abi, fields);
    quote! {
        #[repr(C)]
        #item

        // SAFETY: `Raw` has the first fields of it, with the same types at the same places (see the
        // proofs below), and the verifier lets programs read those only. No other pointer to a `Raw`
        // is given to a program: `Self` is no `CType`.
        unsafe impl ::struct_ops::Refcounted for #ident {
            type Raw = #abi;
        }

        const _: () = {
            #[no_mangle]
            unsafe extern "C" fn #destroy(object: *mut #abi) {
                // SAFETY: BPF gives up a reference that a map holds, which is not NULL.
                let object = unsafe { ::core::ptr::NonNull::new_unchecked(object) };
                // SAFETY: As above.
                drop(unsafe {
                    <::kernel::sync::Arc<#ident> as ::struct_ops::ProgramRef>::from_raw(object)
                });
            }
            const _: unsafe extern "C" fn(*mut #abi) = ::struct_ops_abi::#destroy;
        };

        #proof
        const _: () = { #offsets };
    }
}

/// Expands `#[c_struct]`.
pub(crate) fn c_struct(c_struct: CStruct) -> TokenStream {
    let item = &c_struct.item;
    let ident = &item.ident;
    let c_name = Ident::new(&c_struct.name, Span::call_site());
    let abi = quote!(::struct_ops_abi::#c_name);
    let mut fields: Vec<_> = c_struct
        .fields
        .iter()
        .map(|(ident, data)| (ident, raw_data(data)))
        .collect();
    let idents: Vec<_> = fields.iter().map(|(ident, _)| *ident).collect();
    if c_struct.refcounted {
        let opaque = Ident::new("__opaque", Span::call_site());
        fields.push((
            &opaque,
            quote!(::struct_ops_abi::__IncompleteArrayField<*mut ::kernel::ffi::c_void>),
        ));
        return refcounted(&c_struct, &abi, &proof(&abi, &fields), &idents);
    }
    let proof = proof(&abi, &fields);
    // The author's attributes may have changed it.
    let same_layout = same_layout(ident, &abi, &idents);
    let in_kernel = format_ident!("{}__in_kernel", c_struct.name);
    let in_kernel = quote_spanned! {ident.span()=>
        const _: () = assert!(
            ::struct_ops_abi::#in_kernel == 0,
            "the kernel has a struct of this name with these fields, and BTF takes it for the same: \
             rename one"
        );
    };
    let name = c_string(&c_struct.name);
    quote! {
        #[repr(C)]
        #item

        // SAFETY: Both have the layout of C and fields of the same types (see the proofs below), and
        // any bytes are a value of them.
        unsafe impl ::struct_ops::CType for #ident {
            type Raw = #abi;

            const NAME: &'static ::kernel::str::CStr = #name;
        }

        // SAFETY: As above.
        unsafe impl ::struct_ops::CStruct for #ident {}

        // SAFETY: BPF passes it in whole words.
        unsafe impl ::struct_ops::Argument for #ident {
            const SLOTS: &'static [::struct_ops::code::Content] = &[
                ::struct_ops::code::Content::Nothing;
                ::core::mem::size_of::<#ident>().div_ceil(8)
            ];
        }

        #proof
        const _: () = { #same_layout };
        #in_kernel
    }
}
