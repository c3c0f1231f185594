// SPDX-License-Identifier: GPL-2.0

//! Types as the C unit has them, and constants that do not compile if it has others.

use crate::{
    callback::{
        Argument,
        Callback,
        MAX_ARGUMENTS, //
    },
    definition::{
        Kind,
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
    Span,
    TokenStream, //
};
use quote::{
    quote,
    quote_spanned, //
};
use syn::{
    spanned::Spanned,
    Type, //
};

/// The type as the C table has it.
pub(crate) fn raw_data(data: &Data) -> TokenStream {
    match data {
        Data::Scalar(ty, _) | Data::Array(ty, ..) => quote!(#ty),
        Data::Struct(to) => {
            let ty = &to.rust;
            quote!(<#ty as ::struct_ops::CType>::Raw)
        }
    }
}

/// What a pointer to `to` points to in C.
fn raw_pointee(to: &Pointee) -> TokenStream {
    let ty = &to.rust;
    if to.refcounted {
        quote_spanned!(ty.span()=> <#ty as ::struct_ops::Refcounted>::Raw)
    } else {
        quote!(<#ty as ::struct_ops::CType>::Raw)
    }
}

/// The type of an argument `ty` as C has it.
pub(crate) fn raw_argument(passing: &Passing, ty: &Type) -> TokenStream {
    match passing {
        Passing::Value(_) => quote!(#ty),
        Passing::Reference(to)
        | Passing::Nullable(to)
        | Passing::Owned(to)
        | Passing::Counted(to)
        | Passing::Shared(to) => {
            let raw = raw_pointee(to);
            quote!(*mut #raw)
        }
        Passing::Struct(of) => {
            let ty = &of.rust;
            quote!(<#ty as ::struct_ops::CType>::Raw)
        }
        Passing::Arena(to, _) | Passing::NullableArena(to, _) => quote!(*mut #to),
    }
}

/// What a function returns in C, with the arrow.
pub(crate) fn raw_output(output: &Output) -> TokenStream {
    match output {
        Output::Nothing => quote!(),
        Output::Integer(ty, _) => quote!(-> #ty),
        Output::Owned(_, to) => {
            let raw = raw_pointee(to);
            quote!(-> *mut #raw)
        }
    }
}

/// The type of the function pointer, which is also what kCFI hashes.
fn raw_callback(callback: &Callback) -> TokenStream {
    let arguments = callback
        .arguments
        .iter()
        .map(|a| raw_argument(&a.passing, &a.ty));
    let output = raw_output(&callback.output);
    quote!(::core::option::Option<unsafe extern "C" fn(#(#arguments),*) #output>)
}

pub(crate) fn raw_member(member: &Member) -> TokenStream {
    match &member.kind {
        Kind::Callback(callback) => raw_callback(callback),
        Kind::Value(data) | Kind::Private(data) => raw_data(data),
        Kind::Owner => quote!(::struct_ops::ModulePtr),
    }
}

/// A constant that does not compile if the kernel passes a struct in another way.
pub(crate) fn limit(argument: &Argument) -> Option<TokenStream> {
    let Passing::Struct(of) = &argument.passing else {
        return None;
    };
    let ty = &of.rust;
    Some(quote_spanned! {ty.span()=>
        const _: () = assert!(
            ::core::mem::size_of::<#ty>() <= 16,
            "BPF passes structs of up to 16 bytes by value"
        );
    })
}

/// A constant that does not compile if the arguments, with structs in whole words, are too many.
pub(crate) fn limit_words(member: &Member) -> Option<TokenStream> {
    let Kind::Callback(callback) = &member.kind else {
        return None;
    };
    let by_value = |a: &Argument| matches!(a.passing, Passing::Struct(_));
    if !callback.arguments.iter().any(by_value) {
        return None;
    }
    let words = callback.arguments.iter().map(|a| match &a.passing {
        Passing::Struct(of) => {
            let ty = &of.rust;
            quote!(::core::mem::size_of::<#ty>().div_ceil(8))
        }
        _ => quote!(1),
    });
    Some(quote_spanned! {member.ident.span()=>
        #[allow(clippy::int_plus_one)]
        const _: () = assert!(
            0 #(+ #words)* <= #MAX_ARGUMENTS,
            "BPF passes at most 12 arguments, and a struct of more than 8 bytes is two"
        );
    })
}

/// Statements that compile only if both structs are of one size, and have these fields at the same
/// places.
pub(crate) fn same_layout(ty: &Ident, abi: &TokenStream, fields: &[&Ident]) -> TokenStream {
    let same_offsets = same_offsets(ty, abi, fields);
    quote_spanned! {ty.span()=>
        assert!(
            ::core::mem::size_of::<#ty>() == ::core::mem::size_of::<#abi>()
                && ::core::mem::align_of::<#ty>() == ::core::mem::align_of::<#abi>(),
            "C and Rust disagree about the size of the struct"
        );
        #same_offsets
    }
}

/// Statements that compile only if both structs have these fields at the same places.
pub(crate) fn same_offsets(ty: &Ident, abi: &TokenStream, fields: &[&Ident]) -> TokenStream {
    quote_spanned! {ty.span()=>
        #(assert!(
            ::core::mem::offset_of!(#ty, #fields) == ::core::mem::offset_of!(#abi, #fields),
            "C and Rust disagree about the offset of a member"
        );)*
    }
}

/// Items that compile only if `abi`, the struct that the C compiler sees, has exactly these fields.
pub(crate) fn proof(abi: &TokenStream, fields: &[(&Ident, TokenStream)]) -> TokenStream {
    let idents: Vec<_> = fields.iter().map(|(ident, _)| *ident).collect();
    let types: Vec<_> = fields.iter().map(|(_, ty)| ty).collect();
    let defined = Ident::new("Defined", Span::mixed_site());
    let same_layout = same_layout(&defined, abi, &idents);
    quote! {
        const _: () = {
            #[repr(C)]
            struct #defined {
                #(#idents: #types,)*
            }
            #same_layout
            #[allow(dead_code)]
            fn same_types(c: #abi) -> #defined {
                // No `..`: neither side has a member that the other has not.
                let #abi { #(#idents),* } = c;
                #defined { #(#idents),* }
            }
        };
    }
}
