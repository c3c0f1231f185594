// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust side of kfuncs.

use crate::{
    expand_abi::raw_argument,
    kfunc::{
        Argument,
        Kfunc, //
    },
    passing::Passing,
    types::Output, //
};
use proc_macro2::TokenStream;
use quote::{
    format_ident,
    quote,
    quote_spanned, //
};

/// The type that C passes.
fn raw(argument: &Argument) -> TokenStream {
    match &argument.passing {
        None => quote!(*mut ::kernel::bindings::bpf_prog_aux),
        Some(passing) => raw_argument(passing, &argument.ty),
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
        Some(Passing::Shared(_)) => quote! {
            // SAFETY: The verifier accepts only memory of this size, or an object of this type, that
            // is there during the call. It has no other references than such ones: see
            // `Unit::written_to()` in the generator of the C unit.
            unsafe { ::struct_ops::Shared::from_raw(#ident) }
        },
        Some(Passing::Arena(..)) => quote!(::struct_ops::Arena::from_raw(#ident)),
        Some(Passing::NullableArena(..)) => quote!(::struct_ops::Arena::from_nullable(#ident)),
        Some(_) => quote!(#ident),
    }
}

/// Expands `#[kfunc]`.
pub(crate) fn kfunc(kfunc: Kfunc) -> TokenStream {
    let item = &kfunc.item;
    let name = &item.sig.ident;
    let shim = format_ident!("{name}__rust");
    let idents: Vec<_> = kfunc.arguments.iter().map(|a| &a.ident).collect();
    let raw_types: Vec<_> = kfunc.arguments.iter().map(raw).collect();
    let received = kfunc.arguments.iter().map(receive);
    let output = match &kfunc.output {
        Output::Integer(ty, _) => quote!(-> #ty),
        _ => quote!(),
    };
    // The C unit finds the callback that may come second.
    let types = kfunc.options.only.iter().map(|path| {
        let ty = &path.segments[0].ident;
        quote_spanned! {ty.span()=>
            const _: fn() = || {
                fn is_struct_ops<T: ::struct_ops::StructOps>() {}
                is_struct_ops::<#ty>();
            };
        }
    });
    quote! {
        #item

        #(#types)*
        const _: () = {
            #[no_mangle]
            extern "C" fn #shim(#(#idents: #raw_types),*) #output {
                #name(#(#received),*)
            }
            const _: unsafe extern "C" fn(#(#raw_types),*) #output = ::struct_ops_abi::#shim;
        };
    }
}
