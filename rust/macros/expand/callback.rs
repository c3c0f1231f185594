// SPDX-License-Identifier: GPL-2.0

//! A callback: its type and its stub in C, and the method that calls it.

use super::template::{
    with_lifetime,
    As,
    Template, //
};
use crate::parse::{
    callback::{
        Argument,
        Callback,
        Presence, //
    },
    definition::Member,
};
use proc_macro2::{
    Span,
    TokenStream, //
};
use quote::{
    format_ident,
    quote,
    quote_spanned, //
};
use syn::{
    spanned::Spanned,
    Attribute,
    Ident,
    Path,
    Type,
    Visibility, //
};

/// What the type of an argument says.
fn argument(argument: &Argument) -> As {
    As::new(&argument.ty, quote!(Argument))
}

/// What the type of the result says.
fn output(callback: &Callback) -> As {
    As::new(&callback.output, quote!(Output))
}

/// The type of the function pointer, which is also what kCFI hashes.
pub(super) fn raw(member: &Member, callback: &Callback) -> TokenStream {
    let arguments = callback.arguments.iter().map(|a| argument(a).item("Raw"));
    let output = output(callback).item("Raw");
    quote_spanned! {member.ident.span()=>
        ::core::option::Option<unsafe extern "C" fn(#(#arguments),*) -> #output>
    }
}

/// Appends what C has to read before it reads the callback.
pub(super) fn definitions(c: &mut Template, cfgs: &[Attribute], callback: &Callback) {
    c.definition(cfgs, &output(callback));
    for a in &callback.arguments {
        let ty = argument(a);
        c.definition(cfgs, &ty).first(cfgs, ty.item("FACTS"));
    }
}

/// Appends the function `name` without a body; only the names of stubs carry the verifier's rules.
fn declare(c: &mut Template, name: &str, callback: &Callback, is_stub: bool) {
    let output = output(callback).item("C");
    c.hole(quote!(#output.before)).text(name).text("(");
    for (i, a) in callback.arguments.iter().enumerate() {
        let ty = argument(a);
        c.text(if i == 0 { "" } else { ", " });
        c.declare(&ty, &a.name, is_stub.then(|| ty.item("SUFFIX")));
    }
    let none = callback.arguments.is_empty();
    c.text(if none { "void)" } else { ")" });
    c.hole(quote!(#output.after));
}

/// Appends the member of the table.
pub(super) fn member(c: &mut Template, name: &str, callback: &Callback) {
    c.text("\t");
    declare(c, &format!("(*{name})"), callback, false);
    c.text(";\n");
}

/// Appends a name for the type of the member.
pub(super) fn typedef(c: &mut Template, name: &str, callback: &Callback) {
    c.text("typedef ");
    declare(c, &format!("(*{name})"), callback, false);
    c.text(";\n");
}

/// Appends the stub.
pub(super) fn stub(c: &mut Template, table: &str, name: &str, callback: &Callback) {
    c.text("\nstatic ");
    declare(c, &format!("{table}__{name}"), callback, true);
    c.text("\n{\n\treturn ");
    c.string(output(callback).item("STUB")).text(";\n}\n");
}

/// Appends the statements that admit writes of a program to what it gets.
pub(super) fn writes(c: &mut Template, callback: &Callback) {
    for a in &callback.arguments {
        c.first(&[], argument(a).item("WRITES"));
    }
}

/// Appends the statements that have the verifier take arguments for what they are, in programs for which
/// `at` holds.
pub(super) fn promotions(c: &mut Template, at: &str, callback: &Callback) {
    let mut before = Vec::new();
    for a in &callback.arguments {
        let promoted = argument(a).item("PROMOTED");
        let mut part = Template::default();
        part.text(&format!("\tif ({at} && off == 8 * "))
            .number(quote!(0 #(+ #before)*))
            .text(")\n\t\treturn struct_ops_promote(info, &struct_ops_kernel__")
            .hole(quote!(::struct_ops::Text::Name(#promoted)))
            .text(");\n");
        c.when(quote!(#promoted.count_bytes() > 0), part);
        let slots = argument(a).item("SLOTS");
        before.push(quote!(#slots.len()));
    }
}

/// Constants that do not compile if the signature is one that BPF or the attributes do not allow.
///
/// `has_epilogue`: the C unit lets instructions run after programs of the type.
pub(super) fn checks(member: &Member, callback: &Callback, has_epilogue: bool) -> TokenStream {
    let cfgs = &member.cfgs;
    let items = |name| -> Vec<_> {
        let arguments = callback.arguments.iter();
        arguments.map(|a| argument(a).item(name)).collect()
    };
    let (slots, owned) = (items("SLOTS"), items("OWNED"));
    let sizes = callback.arguments.iter().zip(&slots).map(|(a, slots)| {
        quote_spanned! {a.ty.span()=>
            ::core::assert!(#slots.len() <= 2, "BPF passes structs of up to 16 bytes by value");
        }
    });
    let words = quote_spanned! {member.ident.span()=>
        ::struct_ops::check_words(&[#(#slots),*]);
    };
    let output = output(callback);
    let (returned, is_bool) = (output.item("OWNED"), output.item("IS_BOOL"));
    let left_out = callback.private_stack.then(|| {
        quote_spanned! {member.ident.span()=>
            ::core::assert!(
                !(#returned #(|| #owned)*),
                "a callback with `#[private_stack]` cannot take or return a reference: the program may \
                 be left out"
            );
            ::core::assert!(
                !#is_bool,
                "a callback with `#[private_stack]` cannot return a `bool`: the program may be left out, \
                 and what comes back then is any number"
            );
        }
    });
    let bool = (!has_epilogue).then(|| {
        quote_spanned! {callback.output.span()=>
            ::core::assert!(!#is_bool, "this has the name of a number, and is a `bool`: rename it");
        }
    });
    quote!(#(#cfgs)* const _: () = { #(#sizes)* #words #left_out #bool };)
}

/// What chooses the instructions around the programs for a callback.
pub(super) fn around(callback: &Callback) -> TokenStream {
    let types: Vec<_> = callback.arguments.iter().map(|a| &a.ty).collect();
    let returned = &callback.output;
    let choose = |path: &Path, ty: TokenStream| {
        quote_spanned! {path.span()=> {
            const CHOOSE: #ty = #path;
            ::core::option::Option::map(CHOOSE(prog), |chosen| chosen.instructions())
        }}
    };
    let prologue = match &callback.prologue {
        None => quote!(::core::option::Option::None),
        Some(path) => {
            let chosen = choose(path, quote!(::struct_ops::ChoosePrologue<(#(#types,)*)>));
            quote!(::core::option::Option::Some(|prog| #chosen))
        }
    };
    let by_default = quote!(::struct_ops::Epilogue::<(#(#types,)*), #returned>::by_default);
    let epilogue = match &callback.epilogue {
        None if !may_be_bool(returned) => quote!(::core::option::Option::None),
        None => {
            let is_bool = output(callback).item("IS_BOOL");
            quote! {
                if #is_bool {
                    ::core::option::Option::Some(|_prog| #by_default())
                } else {
                    ::core::option::Option::None
                }
            }
        }
        Some(path) => {
            let chosen = choose(
                path,
                quote!(::struct_ops::ChooseEpilogue<(#(#types,)*), #returned>),
            );
            quote!(::core::option::Option::Some(|prog| {
                ::core::option::Option::or_else(#chosen, #by_default)
            }))
        }
    };
    quote!(::struct_ops::Around { prologue: #prologue, epilogue: #epilogue })
}

/// Names of numbers.
const NUMBERS: &[&str] = &[
    "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize",
];

/// Is it plain from how it is written that the module can pass or take it?
///
/// If this is wrong, the error comes where the callback is defined, not where it is called.
fn is_simple(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) => true,
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Path(path) => {
            path.path.is_ident("bool") || NUMBERS.iter().any(|name| path.path.is_ident(name))
        }
        _ => false,
    }
}

/// Could it be a `bool`, as far as one can tell from how it is written?
///
/// If this is wrong, [`checks`] refuses it.
pub(super) fn may_be_bool(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.arguments.is_empty() => {
                !NUMBERS.iter().any(|name| path.path.is_ident(name))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The method that says whether an optional callback is there.
pub(super) fn presence(vis: &Visibility, member: &Member, callback: &Callback) -> TokenStream {
    if callback.presence != Presence::Optional {
        return TokenStream::new();
    }
    let (cfgs, ident) = (&member.cfgs, &member.ident);
    let method = format_ident!("has_{}", member.name, span = ident.span());
    let docs = format!("Does the program implement `{}`?", member.name);
    quote! {
        #(#cfgs)*
        #[doc = #docs]
        #[allow(dead_code, reason = "the module need not ask")]
        #[inline]
        #vis fn #method(&self) -> ::core::primitive::bool {
            let table = self.0.as_ptr();
            // SAFETY: By the type invariants of `Table`, there is a table that nobody writes to.
            let function = unsafe { (*table).#ident };
            ::core::option::Option::is_some(&function)
        }
    }
}

/// The method that calls a callback.
pub(super) fn method(vis: &Visibility, member: &Member, callback: &Callback) -> TokenStream {
    let (docs, cfgs, ident) = (&member.docs, &member.cfgs, &member.ident);
    let names: Vec<_> = callback.arguments.iter().map(|a| &a.ident).collect();
    let types = callback.arguments.iter().map(|a| &a.ty);
    let mut bounds = Vec::new();
    let passed: Vec<_> = callback
        .arguments
        .iter()
        .map(|a| {
            let (name, ty, raw) = (&a.ident, &a.ty, argument(a).item("Raw"));
            if is_simple(ty) {
                return quote_spanned!(ty.span()=> <#ty as ::struct_ops::Pass>::into_raw(#name));
            }
            let late = with_lifetime(ty, "'__late");
            bounds.push(quote! {
                for<'__late> ::struct_ops::Late<'__late, #late>:
                    ::struct_ops::LatePass<Type = #late, Raw = #raw>
            });
            quote!(<::struct_ops::Late<'_, #ty> as ::struct_ops::LatePass>::into_raw(#name))
        })
        .collect();
    let returned = &callback.output;
    let taker = if is_simple(returned) {
        quote_spanned!(returned.span()=> <#returned as ::struct_ops::Return>)
    } else {
        let raw = output(callback).item("Raw");
        bounds.push(quote! {
            for<'__late> ::struct_ops::Late<'__late, #returned>:
                ::struct_ops::LateReturn<Type = #returned, Raw = #raw>
        });
        quote!(<::struct_ops::Late<'_, #returned> as ::struct_ops::LateReturn>)
    };

    // Names that no argument can have.
    let local = |name| Ident::new(name, Span::mixed_site());
    let (table, function, result) = (local("table"), local("function"), local("result"));
    let clamp = callback.clamp.as_ref().map(|error| {
        quote_spanned! {returned.span()=>
            let #result =
                <#returned as ::struct_ops::Clamp>::clamp(#result, ::kernel::error::code::#error);
        }
    });
    let optional = callback.presence == Presence::Optional;
    let present = if optional {
        quote!(let #function = #function?;)
    } else {
        quote! {
            // SAFETY: By the type invariants of `Ops`, required members are present.
            let #function = unsafe { ::core::option::Option::unwrap_unchecked(#function) };
        }
    };
    let (ty, value) = if optional {
        (
            quote!(::core::option::Option<#returned>),
            quote!(::core::option::Option::Some(#result)),
        )
    } else {
        (quote!(#returned), quote!(#result))
    };
    let receiver = if callback.sleepable {
        quote!(::struct_ops::SleepableOps<Self>)
    } else {
        quote!(::struct_ops::Ops<Self>)
    };
    let many = (names.len() > 6).then(
        || quote!(#[expect(clippy::too_many_arguments, reason = "the program takes as many")]),
    );
    quote! {
        #(#cfgs)*
        #(#docs)*
        #many
        #[inline]
        #vis fn #ident(self: &#receiver, #(#names: #types),*) -> #ty
        where
            #(#bounds,)*
        {
            let #table: &Self = self;
            let #table = #table.0.as_ptr();
            // SAFETY: By the type invariants of `Ops`, the table is valid and nobody writes to it.
            let #function = unsafe { (*#table).#ident };
            #present
            // SAFETY: By the type invariants of `Ops`, a pointer in the table is a trampoline that stays
            // alive for `&self`. By `Argument` and `Output`, its signature is that of the member; the
            // verifier lets a program use an argument as its type says. References are valid during
            // the call.
            let #result = unsafe { #function(#(#passed),*) };
            // SAFETY: A program for this callback has just returned it.
            let #result = unsafe { #taker::from_raw(#result) };
            #clamp
            #value
        }
    }
}
