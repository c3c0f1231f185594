// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust side of kfuncs.

use crate::{
    kfunc::{
        Argument,
        Kfunc, //
    },
    types::Output, //
};
use proc_macro2::TokenStream;
use quote::{
    format_ident,
    quote, //
};

/// The type that C passes.
fn raw(argument: &Argument) -> TokenStream {
    let Some(passing) = &argument.passing else {
        return quote!(*mut ::kernel::bindings::bpf_prog_aux);
    };
    match passing.pointee() {
        Some(to) => {
            let ty = &to.rust;
            quote!(*mut <#ty as ::struct_ops::CType>::Raw)
        }
        None => {
            let ty = &argument.ty;
            quote!(#ty)
        }
    }
}

/// Converts an argument from what C passes to what the function takes.
fn receive(argument: &Argument) -> TokenStream {
    let ident = &argument.ident;
    match &argument.passing {
        None => quote! {
            // SAFETY: The verifier passes the program that calls, which is there during the call.
            unsafe { ::struct_ops::Caller::from_raw(#ident) }
        },
        Some(passing) if passing.pointee().is_some() => quote! {
            // SAFETY: The verifier accepts only memory of this size, or an object of this type, that
            // is there during the call. It has no other references than such ones: see
            // `Unit::written_to()` in the generator of the C unit.
            unsafe { ::struct_ops::Shared::from_raw(#ident) }
        },
        Some(_) => quote!(#ident),
    }
}

/// Expands `#[kfunc]`.
pub(crate) fn kfunc(kfunc: Kfunc) -> TokenStream {
    let item = &kfunc.item;
    let name = &item.sig.ident;
    let shim = format_ident!("{name}__rust");
    let idents: Vec<_> = kfunc.arguments.iter().map(|a| &a.ident).collect();
    let types: Vec<_> = kfunc.arguments.iter().map(raw).collect();
    let received = kfunc.arguments.iter().map(receive);
    let output = match &kfunc.output {
        Output::Integer(ty, _) => quote!(-> #ty),
        _ => quote!(),
    };
    quote! {
        #item

        const _: () = {
            #[no_mangle]
            extern "C" fn #shim(#(#idents: #types),*) #output {
                #name(#(#received),*)
            }
            const _: unsafe extern "C" fn(#(#types),*) #output = ::struct_ops_abi::#shim;
        };
    }
}
