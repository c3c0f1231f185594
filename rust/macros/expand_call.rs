// SPDX-License-Identifier: GPL-2.0

//! Writes the methods of a table: one calls a callback, one reads a value.

use crate::{
    callback::{
        Callback,
        Presence, //
    },
    definition::{
        Definition,
        Member, //
    },
    passing::{
        Passing,
        Pointee, //
    },
    types::{
        Data,
        Output, //
    }, //
};
use proc_macro2::{
    Ident,
    TokenStream, //
};
use quote::{
    format_ident,
    quote,
    ToTokens, //
};
use syn::Type;

/// Converts an argument from what the caller has to what C takes.
fn pass(ident: &Ident, passing: &Passing) -> TokenStream {
    match passing {
        Passing::Value(_) => quote!(#ident),
        Passing::Reference(_) | Passing::Shared(_) => {
            quote!(::core::ptr::from_ref(#ident).cast_mut().cast())
        }
        Passing::Nullable(_) => quote! {
            match #ident {
                ::core::option::Option::Some(#ident) => {
                    ::core::ptr::from_ref(#ident).cast_mut().cast()
                }
                ::core::option::Option::None => ::core::ptr::null_mut(),
            }
        },
        Passing::Owned(_) => quote!(::struct_ops::ProgramRef::into_raw(#ident)),
        Passing::Counted(_) => quote!(::struct_ops::ProgramRef::as_raw(#ident)),
        Passing::Struct(_) => quote!(::struct_ops::into_raw(#ident)),
        Passing::Arena(..) => quote!(#ident.into_raw()),
        Passing::NullableArena(..) => {
            quote!(#ident.map_or(::core::ptr::null_mut(), ::struct_ops::Arena::into_raw))
        }
    }
}

/// The method that calls a callback.
pub(crate) fn call(definition: &Definition, member: &Member, callback: &Callback) -> TokenStream {
    let vis = &definition.item.vis;
    let docs = &member.docs;
    let ident = &member.ident;
    let names: Vec<_> = callback.arguments.iter().map(|a| &a.ident).collect();
    // Whoever calls has to know that the count of `T` is the same on both sides; whoever defines
    // does not.
    let mut generics = Vec::new();
    let mut bounds = Vec::new();
    let mut counted = |ty: &Type, to: &Pointee| {
        if to.refcounted {
            return ty.to_token_stream();
        }
        let (name, to) = (format_ident!("Counted{}", generics.len()), &to.rust);
        bounds.push(quote!(#to: ::struct_ops::Same<#name>, #name: ::struct_ops::BpfCounted<Raw = <#to as ::struct_ops::CType>::Raw>));
        generics.push(name.clone());
        quote!(::kernel::sync::aref::ARef<#name>)
    };
    let types: Vec<_> = callback
        .arguments
        .iter()
        .map(|a| match &a.passing {
            Passing::Owned(to) => counted(&a.ty, to),
            _ => a.ty.to_token_stream(),
        })
        .collect();
    let returned = match &callback.output {
        Output::Owned(ty, to) => Some(counted(ty, to)),
        Output::Nothing | Output::Integer(..) => None,
    };
    let passed: Vec<_> = callback
        .arguments
        .iter()
        .map(|a| pass(&a.ident, &a.passing))
        .collect();
    let output = match &callback.output {
        Output::Nothing => quote!(()),
        Output::Integer(ty, _) => quote!(#ty),
        Output::Owned(..) => quote!(::core::option::Option<#returned>),
    };
    let result = quote! {
        // SAFETY: By the type invariants of `Ops`, a pointer in the table is a trampoline that stays
        // alive for `&self`. It has the signature of the member (see `proof()`). References are
        // valid during the call; the verifier lets a program use an argument as its type says.
        unsafe { function(#(#passed),*) }
    };
    let result = match &callback.output {
        Output::Owned(..) => quote! {
            ::core::ptr::NonNull::new(#result).map(|raw| {
                // SAFETY: The verifier accepts only NULL or a reference that the program owns and
                // gives up by returning it.
                unsafe { <#returned as ::struct_ops::ProgramRef>::from_raw(raw) }
            })
        },
        Output::Nothing | Output::Integer(..) => match &callback.clamp {
            Some(error) => {
                quote!(::struct_ops::clamp(#result, ::kernel::error::code::#error))
            }
            None => result,
        },
    };
    let load = quote! {
        // SAFETY: By the type invariants, the table is valid and nobody writes to it.
        let function = unsafe { (*self.0.get()).#ident };
    };
    let (output, body) = if callback.presence == Presence::Optional {
        let body = quote! {
            let function = function?;
            ::core::option::Option::Some(#result)
        };
        (quote!(::core::option::Option<#output>), body)
    } else {
        let body = quote! {
            // SAFETY: By the type invariants of `Ops`, required members are present.
            let function = unsafe { function.unwrap_unchecked() };
            #result
        };
        (output, body)
    };
    let receiver = if callback.sleepable {
        quote!(::struct_ops::SleepableOps<Self>)
    } else {
        quote!(::struct_ops::Ops<Self>)
    };
    quote! {
        #(#docs)*
        #[inline]
        #[allow(clippy::too_many_arguments)]
        #vis fn #ident<#(#generics),*>(self: &#receiver, #(#names: #types),*) -> #output
        where
            #(#bounds,)*
        {
            #load
            #body
        }
    }
}

/// The method that reads a value.
pub(crate) fn read(definition: &Definition, member: &Member, data: &Data) -> TokenStream {
    let vis = &definition.item.vis;
    let docs = &member.docs;
    let ident = &member.ident;
    let (ty, value) = match data {
        Data::Scalar(ty, "bool") => (
            quote!(#ty),
            quote!((&raw const (*self.0.get()).#ident).cast::<u8>().read() != 0),
        ),
        Data::Scalar(ty, _) => (quote!(#ty), quote!((*self.0.get()).#ident)),
        Data::Array(ty, ..) => (quote!(&#ty), quote!(&(*self.0.get()).#ident)),
        Data::Struct(to) => {
            let ty = &to.rust;
            (
                quote!(&#ty),
                quote!(&*(&raw const (*self.0.get()).#ident).cast::<#ty>()),
            )
        }
    };
    quote! {
        #(#docs)*
        #[inline]
        #vis fn #ident(&self) -> #ty {
            // SAFETY: By the type invariants, the table is valid and nobody writes to it. The types
            // are such that any bytes are a value (a `bool` is read as a byte).
            unsafe { #value }
        }
    }
}
