// SPDX-License-Identifier: GPL-2.0

//! `#[c_struct]`: the struct in C, and how it goes to programs.

use super::{
    record::{
        same_field,
        same_layout, //
    },
    template::{
        c_string,
        As,
        Template, //
    },
};
use crate::parse::c_struct::{
    CStruct,
    Field, //
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
use syn::spanned::Spanned;

/// What the type of a field says.
fn value(field: &Field) -> As {
    As::new(&field.ty, quote!(CType))
}

/// The beginning of a struct or union in C, with these fields, and what C has to read before it.
pub(super) fn begin(what: &str, at: Span, fields: &[Field]) -> Template {
    let mut c = Template::default();
    for field in fields {
        c.definition(&field.cfgs, &value(field));
    }
    c.line(at).text(&format!("{what} {{\n"));
    for field in fields {
        let mut part = Template::default();
        part.text("\t");
        part.field(&value(field), &field.name).text(";\n");
        c.part(&field.cfgs, part);
    }
    c
}

/// The struct in C, which a record of any type that uses it may contain, once.
fn definition(c_struct: &CStruct) -> TokenStream {
    let (name, ident) = (&c_struct.name, &c_struct.item.ident);
    let at = ident.span();
    let mut c = begin(&format!("struct {name}"), at, &c_struct.fields);
    if c_struct.refcounted || c_struct.opaque {
        c.text("\t/* Not only numbers, or the verifier would accept any memory of that size. */\n");
        c.text("\tvoid *__opaque[0];\n};\n");
    } else {
        c.text("\tstruct struct_ops_own __struct_ops;\n} __attribute__((aligned(")
            .number(quote!(::core::mem::align_of::<#ident>()))
            .text(")));\n");
        c.line(at);
        same_layout(&mut c, &format!("struct {name}"), &quote!(#ident));
    }
    for field in &c_struct.fields {
        let (ident, ty) = (quote!(#ident), &field.ty);
        let mut part = Template::default();
        same_field(
            &mut part,
            name,
            &field.name,
            &ident,
            &field.ident,
            &quote!(#ty),
        );
        c.part(&field.cfgs, part);
    }
    if c_struct.fields.iter().any(|field| field.writable) {
        c.text(&format!("BTF_ID_LIST_SINGLE({name}__id, struct, {name})\n"));
    }
    let mut shared = Template::default();
    shared.shared("struct", name, at, c);
    shared.into_text()
}

/// Fails to compile if a field is not `Plain`, with `more` that it has to be.
pub(super) fn check_plain(field: &Field, more: TokenStream) -> TokenStream {
    let (cfgs, ty) = (&field.cfgs, &field.ty);
    quote_spanned! {ty.span()=>
        #(#cfgs)*
        const _: fn() = || {
            fn is_plain<T: ::struct_ops::Plain #more>() {}
            is_plain::<#ty>();
        };
    }
}

/// What Rust has a `&T` of if it has one of the whole: the structs in it, and `own`.
pub(super) fn borrowed(fields: &[Field], own: &str) -> TokenStream {
    let mut c = Template::default();
    c.text(own);
    for field in fields {
        c.first(&field.cfgs, value(field).item("BORROWED"));
    }
    c.into_text()
}

/// The statements of C that admit a write to one of the fields with `#[writable]`.
fn writes(c_struct: &CStruct) -> TokenStream {
    let name = &c_struct.name;
    let mut c = Template::default();
    for field in c_struct.fields.iter().filter(|field| field.writable) {
        let mut part = Template::default();
        part.text(&format!(
            "\tif (struct_ops_is(reg, {name}__id[0]) && STRUCT_OPS_WITHIN({name}, {}))\n\t\treturn 0;\n",
            field.name
        ));
        c.part(&field.cfgs, part);
    }
    c.into_text()
}

/// The record of a struct that is not refcounted, in the C unit.
fn unit(c_struct: &CStruct) -> TokenStream {
    let (name, ident) = (&c_struct.name, &c_struct.item.ident);
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    c.hole(quote!(<#ident as ::struct_ops::CType>::C.definition));
    let writable =
        format!("#define STRUCT_OPS_WRITABLE_{name}\n#define STRUCT_OPS_WRITTEN_{name}\n");
    for field in c_struct.fields.iter().filter(|field| field.writable) {
        c.first(&field.cfgs, quote!(::struct_ops::Text::Str(#writable)));
    }
    c.text(&format!(
        "#endif\n#ifdef STRUCT_OPS_CHECK\n\
         #if defined(STRUCT_OPS_BORROWED_{name}) && defined(STRUCT_OPS_WRITTEN_{name})\n"
    ));
    c.line(ident.span());
    c.text(&format!(
        "#error programs may write to struct {name}: callbacks have to take it as &Shared\n\
         #endif\n#if defined(STRUCT_OPS_WRITABLE_{name}) && !defined(STRUCT_OPS_SHARED_{name})\n"
    ));
    c.line(ident.span());
    c.text(&format!(
        "#error struct {name} has #[writable] fields, but no callback takes it as &Shared\n\
         #endif\n#endif\n"
    ));
    c.into_text()
}

/// Implementations for a struct of which any bytes are a value. `__StructOpsSelf` is the struct.
fn plain(c_struct: &CStruct) -> TokenStream {
    let (name, ident) = (&c_struct.name, &c_struct.item.ident);
    let raw = Ident::new(name, Span::call_site());
    let c_name = c_string(name);
    let before = format!("struct {name} ");
    let declaration = format!("struct {name};\n");
    let definition = definition(c_struct);
    let borrowed = borrowed(
        &c_struct.fields,
        &format!("#define STRUCT_OPS_BORROWED_{name}\n"),
    );
    let writes = writes(c_struct);
    let shared = format!("#define STRUCT_OPS_SHARED_{name}\n");
    let written = format!("#define STRUCT_OPS_WRITTEN_{name}\n");
    let unit = unit(c_struct);
    let fields = c_struct.fields.iter().map(|f| check_plain(f, quote!()));
    quote! {
        // SAFETY: It has the layout of C, and C compares the places of the fields. They are `Plain`, so
        // any bytes are a value.
        unsafe impl ::struct_ops::CType for #ident {
            const C: ::struct_ops::Spelling = ::struct_ops::Spelling {
                definition: #definition,
                before: ::struct_ops::Text::Str(#before),
                after: ::struct_ops::Text::NOTHING,
            };
            const BORROWED: ::struct_ops::Text = #borrowed;

            type Raw = Self;
            type Read<'a> = &'a Self;

            #[inline]
            unsafe fn read<'a>(raw: *const Self) -> Self::Read<'a> {
                // SAFETY: By the safety requirements of this function.
                unsafe { &*raw }
            }
        }

        // SAFETY: Its fields are `Plain`, see below.
        unsafe impl ::struct_ops::Plain for #ident {}
        #(#fields)*

        // SAFETY: The last field in C is one that no struct of the kernel has.
        unsafe impl ::struct_ops::CStruct for #ident {
            const OWN_WRITES: ::struct_ops::Text = #writes;
            const SHARED: ::struct_ops::Text = ::struct_ops::Text::Str(#shared);
            const WRITTEN: ::struct_ops::Text = ::struct_ops::Text::Str(#written);
        }

        const _: () = {
            /// What C calls it, and what kCFI hashes.
            #[expect(non_camel_case_types, reason = "C writes it so")]
            #[repr(C)]
            pub struct #raw(__StructOpsSelf);

            // SAFETY: `Raw` has the layout of `Self`, which C compares with its struct.
            unsafe impl ::struct_ops::Pointee for __StructOpsSelf {
                type Raw = #raw;

                const NAME: &'static ::kernel::str::CStr = #c_name;
                const DEFINITION: ::struct_ops::Text =
                    <Self as ::struct_ops::CType>::C.definition;
                const DECLARATION: ::struct_ops::Text = ::struct_ops::Text::Str(#declaration);
                const BORROWED: ::struct_ops::Text = <Self as ::struct_ops::CType>::BORROWED;
            }

            // SAFETY: It is passed as C does, and BPF passes it in whole words.
            unsafe impl ::struct_ops::Argument for __StructOpsSelf {
                type Raw = #raw;

                const C: ::struct_ops::Spelling = {
                    ::core::assert!(
                        ::core::mem::align_of::<Self>() <= 8,
                        "BPF passes a struct in words of 8 bytes: with a larger alignment, take a reference"
                    );
                    <Self as ::struct_ops::CType>::C
                };
                const SLOTS: &'static [::struct_ops::code::Content] = &[
                    ::struct_ops::code::Content::Nothing;
                    ::core::mem::size_of::<__StructOpsSelf>().div_ceil(8)
                ];
            }

            impl ::struct_ops::Pass for __StructOpsSelf {
                #[inline]
                fn into_raw(self) -> #raw {
                    #raw(self)
                }
            }
        };

        ::struct_ops::unit!(#unit);
    }
}

/// Implementations for a struct that programs hold. C and BPF know the first fields.
fn refcounted(c_struct: &CStruct) -> TokenStream {
    let (name, ident) = (&c_struct.name, &c_struct.item.ident);
    let raw = Ident::new(name, Span::call_site());
    let destroy = format_ident!("{name}__drop");
    let c_name = c_string(name);
    let definition = definition(c_struct);
    let borrowed = borrowed(&c_struct.fields, "");
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    c.hole(quote!(<#ident as ::struct_ops::Refcounted>::DEFINITION));
    c.hole(borrowed);
    c.text(&format!(
        "STRUCT_OPS_DESTRUCTOR({name})\n#define STRUCT_OPS_HAS_dtors\n#endif\n\
         #ifdef STRUCT_OPS_LIST_dtors\nDESTRUCTOR({name})\n#endif\n"
    ));
    let unit = c.into_text();
    let fields = c_struct.fields.iter().map(|field| {
        let (cfgs, ident, ty) = (&field.cfgs, &field.ident, &field.ty);
        quote!(#(#cfgs)* #ident: #ty)
    });
    let checks = c_struct.fields.iter().map(|f| check_plain(f, quote!()));
    quote! {
        const _: () = {
            /// What C calls it, and what kCFI hashes.
            #[allow(non_camel_case_types, dead_code, reason = "C writes it so, and reads it")]
            #[repr(C)]
            pub struct #raw {
                #(#fields,)*
            }

            // SAFETY: C compares the places of the fields with those of `Self`, and the verifier lets
            // programs read these only. No other pointer to it is given to a program: `Self` is no
            // `Pointee`. No struct of the kernel has the last field.
            unsafe impl ::struct_ops::Refcounted for __StructOpsSelf {
                type Raw = #raw;

                const NAME: &'static ::kernel::str::CStr = #c_name;
                const DEFINITION: ::struct_ops::Text = #definition;
            }

            #[no_mangle]
            unsafe extern "C" fn #destroy(object: *const #raw) {
                // SAFETY: BPF gives up a reference that a map holds, which programs have from an `Arc`.
                ::core::mem::drop(unsafe {
                    ::kernel::sync::Arc::<__StructOpsSelf>::from_raw(object.cast())
                });
            }
        };
        #(#checks)*

        ::struct_ops::unit!(#unit);
    }
}

/// Expands `#[c_struct(opaque)]`: C and BPF know its name.
fn opaque(c_struct: &CStruct) -> TokenStream {
    let (name, item, ident) = (&c_struct.name, &c_struct.item, &c_struct.item.ident);
    let raw = Ident::new(name, Span::call_site());
    let c_name = c_string(name);
    let definition = definition(c_struct);
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    c.hole(quote!(<#ident as ::struct_ops::Pointee>::DEFINITION));
    c.text("#endif\n");
    let unit = c.into_text();
    quote! {
        #item

        const _: () = {
            type __StructOpsSelf = #ident;

            const _: () = {
                /// What C calls it, and what kCFI hashes.
                #[expect(non_camel_case_types, reason = "C writes it so")]
                #[repr(C)]
                pub struct #raw([::core::primitive::u8; 0]);

                // SAFETY: C knows nothing of it but the name. No struct of the kernel has its field.
                unsafe impl ::struct_ops::Pointee for __StructOpsSelf {
                    type Raw = #raw;

                    const NAME: &'static ::kernel::str::CStr = #c_name;
                    const DEFINITION: ::struct_ops::Text = #definition;
                }

                // SAFETY: It has a pointer in C, and programs get pointers to it from `&Self` only, which
                // are not trusted any more when the call has ended, or from `&'static Self`.
                unsafe impl ::struct_ops::Trusted for __StructOpsSelf {
                    const LASTS: ::core::primitive::bool = true;
                }
            };
            ::struct_ops::unit!(#unit);
        };
    }
}

/// Expands `#[c_struct]`.
pub(crate) fn c_struct(c_struct: CStruct) -> TokenStream {
    if c_struct.opaque {
        return opaque(&c_struct);
    }
    let item = &c_struct.item;
    let ident = &item.ident;
    let implementations = if c_struct.refcounted {
        refcounted(&c_struct)
    } else {
        plain(&c_struct)
    };
    quote! {
        #[repr(C)]
        #item

        const _: () = {
            type __StructOpsSelf = #ident;

            #implementations
        };
    }
}
