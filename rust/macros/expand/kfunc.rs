// SPDX-License-Identifier: GPL-2.0

//! `#[kfunc]`: the function that programs find, which calls the author's.

use super::template::{
    with_lifetime,
    As,
    Template, //
};
use crate::parse::{
    callback::Argument,
    kfunc::Kfunc, //
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
    Ident, //
};

/// What the type of an argument says.
fn taken(argument: &Argument) -> As {
    As::new(&argument.ty, quote!(KfuncArgument<'static>))
}

/// What the type of the result says.
fn output(kfunc: &Kfunc) -> As {
    As::new(&kfunc.output, quote!(KfuncOutput))
}

/// Are these two arguments, memory and its size?
fn is_bytes(ty: &As) -> TokenStream {
    let role = ty.item("ROLE");
    quote!(#role.is_bytes())
}

/// Appends the name of an argument as the verifier wants it.
fn name_argument(c: &mut Template, argument: &Argument) {
    let role = taken(argument).item("ROLE");
    let mut own = Template::default();
    own.text(&argument.name)
        .string(taken(argument).item("SUFFIX"));
    let mut size = Template::default();
    size.text("rdwr_buf_size");
    c.when(quote!(!#role.is_size()), own)
        .when(quote!(#role.is_size()), size);
}

/// Appends the function `name` without a body, for programs or in Rust: that gets memory and its size
/// together.
fn declare(c: &mut Template, name: &str, kfunc: &Kfunc, in_rust: bool) {
    let output = output(kfunc).item("C");
    c.hole(quote!(#output.before)).text(name).text("(");
    for (i, argument) in kfunc.arguments.iter().enumerate() {
        let (ty, name) = (taken(argument), &argument.name);
        let is_bytes = is_bytes(&ty);
        c.text(if i == 0 { "" } else { ", " });
        let mut usual = Template::default();
        let spelling = ty.item("C");
        usual.hole(quote!(#spelling.before));
        name_argument(&mut usual, argument);
        usual.hole(quote!(#spelling.after));
        let mut bytes = Template::default();
        if in_rust {
            bytes.text(&format!("struct struct_ops_bytes {name}"));
        } else {
            bytes.hole(quote!(#spelling.before));
            bytes.text(&format!("{name}, u32 {name}__sz"));
        }
        c.when(quote!(!#is_bytes), usual).when(is_bytes, bytes);
    }
    let none = kfunc.arguments.is_empty();
    c.text(if none { "void)" } else { ")" });
    c.hole(quote!(#output.after));
}

/// Appends the function that says whether a kfunc with `only(…)` is for a program.
fn write_only(c: &mut Template, kfunc: &Kfunc) {
    let name = &kfunc.name;
    c.text(&format!(
        "static bool {name}__only(const char *type, u32 member)\n{{\n\treturn "
    ));
    for (i, only) in kfunc.options.only.iter().enumerate() {
        let path = &only.ty;
        let ty = quote_spanned!(path.span()=> <#path as ::struct_ops::StructOps>);
        c.text(if i == 0 { "" } else { " ||\n\t       " });
        c.text("(!strcmp(type, \"");
        c.hole(quote!(::struct_ops::Text::Name(#ty::NAME)));
        c.text("\")");
        if let Some(member) = &only.member {
            c.text(" && member == ");
            c.number(quote_spanned! {member.span()=>
                ::core::mem::offset_of!(#ty::Raw, #member)
            });
        }
        c.text(")");
    }
    c.text(&format!(
        ";\n}}\n\nBTF_ID_LIST_SINGLE({name}__id, func, {name})\n"
    ));
}

/// The record of the kfunc in the C unit.
fn unit(kfunc: &Kfunc) -> TokenStream {
    let (name, output) = (&kfunc.name, output(kfunc));
    let at = kfunc.item.sig.ident.span();
    let types: Vec<_> = kfunc.arguments.iter().map(taken).collect();
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    c.definition(&[], &output);
    for ty in &types {
        c.definition(&[], ty).first(&[], ty.item("FACTS"));
    }
    c.once("kfunc", name, at).line(at);
    declare(&mut c, &format!("{name}__rust"), kfunc, true);
    c.text(";\n\n__bpf_kfunc_start_defs();\n__bpf_kfunc ");
    declare(&mut c, name, kfunc, false);
    c.text(&format!("\n{{\n\treturn {name}__rust("));
    for (i, (argument, ty)) in kfunc.arguments.iter().zip(&types).enumerate() {
        let (is_bytes, name) = (is_bytes(ty), &argument.name);
        c.text(if i == 0 { "" } else { ", " });
        let mut usual = Template::default();
        name_argument(&mut usual, argument);
        let mut bytes = Template::default();
        bytes.text(&format!(
            "(struct struct_ops_bytes){{ (void *){name}, {name}__sz }}"
        ));
        c.when(quote!(!#is_bytes), usual).when(is_bytes, bytes);
    }
    c.text(");\n}\n__bpf_kfunc_end_defs();\n\n");
    let mut programs = kfunc.options.programs.clone();
    if !kfunc.options.only.is_empty() {
        write_only(&mut c, kfunc);
        programs.push("only");
    }
    for program in &programs {
        c.text(&format!("#define STRUCT_OPS_HAS_{program}\n"));
    }
    c.text("#endif\n#endif\n");
    for program in &programs {
        let sleepable = if kfunc.options.sleepable {
            " | KF_SLEEPABLE"
        } else {
            ""
        };
        c.text(&format!(
            "#ifdef STRUCT_OPS_LIST_{program}\nKFUNC({name}, 0{sleepable}"
        ));
        c.string(output.item("FLAGS"));
        for ty in &types {
            let role = ty.item("ROLE");
            c.string(quote!(#role.flag()));
        }
        c.text(")\n#endif\n");
    }
    c.into_text()
}

/// Expands `#[kfunc]`.
pub(crate) fn kfunc(kfunc: Kfunc) -> TokenStream {
    let item = &kfunc.item;
    let name = &item.sig.ident;
    let shim = format_ident!("{}__rust", kfunc.name);
    let output = output(&kfunc);
    let (raw_output, refused) = (output.item("Raw"), output.item("REFUSED"));
    let flags = output.item("FLAGS");
    let raw = kfunc.arguments.iter().map(|a| taken(a).item("Raw"));
    let roles = kfunc.arguments.iter().map(|a| taken(a).item("ROLE"));
    // Names that nothing of the author's has.
    let local = |(i, argument): (usize, &Argument)| {
        let span = Span::mixed_site().located_at(argument.ty.span());
        Ident::new(&format!("argument{i}"), span)
    };
    let locals: Vec<_> = kfunc.arguments.iter().enumerate().map(local).collect();
    let held = kfunc
        .arguments
        .iter()
        .zip(&locals)
        .map(|(argument, local)| {
            let ty = with_lifetime(&argument.ty, "'_");
            let ty = quote_spanned!(ty.span()=> <#ty as ::struct_ops::KfuncArgument<'_>>);
            quote! {
                // SAFETY: The verifier has accepted it from the program that calls: the C unit has the
                // same signature, with what the type says to the verifier.
                let mut #local = unsafe { #ty::hold(#local) };
                if ::core::option::Option::is_none(&#local) {
                    return #refused;
                }
            }
        });
    let lent = kfunc
        .arguments
        .iter()
        .zip(&locals)
        .map(|(argument, local)| {
            let ty = with_lifetime(&argument.ty, "'_");
            quote_spanned! {ty.span()=>
                <#ty as ::struct_ops::KfuncArgument<'_>>::lend(&mut #local)
            }
        });
    let result = with_lifetime(&kfunc.output, "'_");
    let lends = output.item("LENDS");
    let check = quote_spanned! {name.span()=>
        const _: () = ::struct_ops::Role::check(&[#(#roles),*], !#flags.is_empty(), #lends);
    };
    let unit = unit(&kfunc);
    quote! {
        #item

        const _: () = {
            #check

            #[no_mangle]
            extern "C" fn #shim(#(#locals: #raw),*) -> #raw_output {
                #(#held)*
                <#result as ::struct_ops::KfuncOutput>::into_raw(#name(#(#lent),*))
            }

            ::struct_ops::unit!(#unit);
        };
    }
}
