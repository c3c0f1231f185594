// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust side of kfuncs.

use crate::{
    expand_abi::{
        raw_argument,
        raw_output, //
    },
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
use syn::{
    parse_quote,
    Ident,
    Type, //
};

/// The type that C passes.
fn raw(argument: &Argument) -> TokenStream {
    match &argument.passing {
        None => quote!(*mut ::kernel::bindings::bpf_prog_aux),
        Some(passing) => raw_argument(passing, &argument.ty),
    }
}

/// Makes a pointer of type `ty` from what C passes.
fn own(ident: &Ident, ty: &Type) -> TokenStream {
    quote!({
        // SAFETY: The verifier accepts NULL for no argument that is not called `__nullable`.
        let raw = unsafe { ::core::ptr::NonNull::new_unchecked(#ident) };
        // SAFETY: The verifier accepts only an object of exactly this type, to which the program has
        // a reference during the call. If the function takes that, the program does not have it any
        // more; otherwise it is not given up.
        unsafe { <#ty as ::struct_ops::ProgramRef>::from_raw(raw) }
    })
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
        Some(Passing::Owned(_)) => own(ident, &argument.ty),
        Some(Passing::Counted(to)) => {
            let ty = &to.rust;
            let own = own(ident, &parse_quote!(::kernel::sync::Arc<#ty>));
            quote!(&::core::mem::ManuallyDrop::new(#own))
        }
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
    let output = raw_output(&kfunc.output);
    let call = quote!(#name(#(#received),*));
    let call = match &kfunc.output {
        Output::Owned(ty, _) => quote! {
            #call.map_or(::core::ptr::null_mut(), <#ty as ::struct_ops::ProgramRef>::into_raw)
        },
        Output::Nothing | Output::Integer(..) => call,
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
    let in_kernel = format_ident!("{name}__in_kernel");
    let in_kernel = quote_spanned! {name.span()=>
        const _: () = assert!(
            ::struct_ops_abi::#in_kernel == 0,
            "the kernel has a function or variable of this name, which programs would call: rename it"
        );
    };
    quote! {
        #item

        #in_kernel
        #(#types)*
        const _: () = {
            #[no_mangle]
            extern "C" fn #shim(#(#idents: #raw_types),*) #output {
                #call
            }
            const _: unsafe extern "C" fn(#(#raw_types),*) #output = ::struct_ops_abi::#shim;
        };
    }
}
