// SPDX-License-Identifier: GPL-2.0

//! `#[c_enum]`: the enum in C, and how its values come from and go to programs.

use super::template::Template;
use crate::parse::c_enum::CEnum;
use proc_macro2::{
    Ident,
    Span,
    TokenStream, //
};
use quote::{
    quote,
    quote_spanned, //
};

/// What C has to read before it knows the enum.
fn definition(c_enum: &CEnum) -> TokenStream {
    let mut c = Template::default();
    if let Some(header) = &c_enum.kernel {
        c.text(&format!("#include <{header}>\n"));
        return c.into_text();
    }
    let (name, ident) = (&c_enum.name, &c_enum.item.ident);
    let mut body = Template::default();
    body.line(ident.span()).text(&format!("enum {name} {{\n"));
    for variant in &c_enum.variants {
        let variant_ident = &variant.ident;
        let mut part = Template::default();
        part.text(&format!("\t{} = (int)", variant.name));
        part.number(number(c_enum, variant_ident)).text("U,\n");
        body.part(&variant.cfgs, part);
    }
    body.text("};\n");
    c.shared("enum", name, ident.span(), body);
    c.into_text()
}

/// The bits of a value, as a `usize`.
fn number(c_enum: &CEnum, variant: &Ident) -> TokenStream {
    let ident = &c_enum.item.ident;
    quote_spanned! {variant.span()=>
        #ident::#variant as ::core::primitive::i32 as ::core::primitive::u32
            as ::core::primitive::usize
    }
}

/// The record of the enum in the C unit.
fn unit(c_enum: &CEnum) -> TokenStream {
    let (name, ident) = (&c_enum.name, &c_enum.item.ident);
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n").line(ident.span());
    c.hole(quote!(<#ident as ::struct_ops::CType>::C.definition));
    c.line(ident.span()).text(&format!(
        "_Static_assert(sizeof(enum {name}) == 4, \"C has no 32 bits for enum {name}\");\n"
    ));
    for variant in &c_enum.variants {
        let mut part = Template::default();
        part.line(variant.ident.span())
            .text(&format!("_Static_assert((u32){} == ", variant.name))
            .number(number(c_enum, &variant.ident))
            .text(&format!(
                "U,\n\t      \"C and Rust disagree about {} of enum {name}\");\n",
                variant.name
            ));
        c.part(&variant.cfgs, part);
    }
    c.text("#endif\n");
    c.into_text()
}

/// Expands `#[c_enum]`.
pub(crate) fn c_enum(c_enum: CEnum) -> TokenStream {
    let (item, ident) = (&c_enum.item, &c_enum.item.ident);
    let raw = Ident::new(&c_enum.name, Span::call_site());
    let before = format!("enum {} ", c_enum.name);
    let definition = definition(&c_enum);
    let unit = unit(&c_enum);
    let arms = c_enum.variants.iter().map(|variant| {
        let (cfgs, ident) = (&variant.cfgs, &variant.ident);
        quote! {
            #(#cfgs)*
            number if number == Self::#ident as ::core::primitive::i32
                as ::core::primitive::u32 => ::core::option::Option::Some(Self::#ident),
        }
    });
    quote! {
        #[repr(i32)]
        #item

        const _: () = {
            type __StructOpsSelf = #ident;

            const _: () = {
                /// What C calls it, and what kCFI hashes.
                #[expect(non_camel_case_types, reason = "C writes it so")]
                #[repr(C)]
                pub struct #raw(::core::primitive::u32);

                // SAFETY: C passes an enum as a number of 32 bits, of which it compares the size.
                unsafe impl ::struct_ops::CEnum for __StructOpsSelf {
                    type Passed = #raw;

                    #[inline]
                    fn from_number(number: ::core::primitive::u32) -> ::core::option::Option<Self> {
                        match number {
                            #(#arms)*
                            _ => ::core::option::Option::None,
                        }
                    }

                    #[inline]
                    fn number(self) -> ::core::primitive::u32 {
                        self as ::core::primitive::i32 as ::core::primitive::u32
                    }

                    #[inline]
                    fn bits(raw: #raw) -> ::core::primitive::u32 {
                        raw.0
                    }
                }

                // SAFETY: It is a number of 32 bits in C, of which `is_valid` accepts those of variants.
                unsafe impl ::struct_ops::CType for __StructOpsSelf {
                    const C: ::struct_ops::Spelling = ::struct_ops::Spelling {
                        definition: #definition,
                        before: ::struct_ops::Text::Str(#before),
                        after: ::struct_ops::Text::NOTHING,
                    };
                    const CHECK: ::core::option::Option<
                        fn(&[::core::primitive::u8]) -> ::core::primitive::bool,
                    > = ::core::option::Option::Some(::struct_ops::is_value::<Self>);

                    type Raw = ::core::primitive::u32;
                    type Read<'a> = Self;

                    #[inline]
                    unsafe fn read<'a>(raw: *const ::core::primitive::u32) -> Self::Read<'a> {
                        // SAFETY: By the safety requirements of this function.
                        let value = <Self as ::struct_ops::CEnum>::from_number(unsafe { raw.read() });
                        // SAFETY: By the safety requirements of this function, `CHECK` has accepted it.
                        unsafe { ::core::option::Option::unwrap_unchecked(value) }
                    }
                }

                impl ::struct_ops::Preset for __StructOpsSelf {
                    fn write(self, to: &mut [::core::primitive::u8]) {
                        ::struct_ops::Preset::write(<Self as ::struct_ops::CEnum>::number(self), to);
                    }
                }

                // SAFETY: A program gets a number.
                unsafe impl ::struct_ops::Argument for __StructOpsSelf {
                    type Raw = #raw;

                    const C: ::struct_ops::Spelling = <Self as ::struct_ops::CType>::C;
                    const SLOTS: &'static [::struct_ops::code::Content] =
                        &[::struct_ops::code::Content::Scalar];
                }

                // SAFETY: A program passes any number, of which those of variants are held.
                unsafe impl<'a> ::struct_ops::KfuncArgument<'a> for __StructOpsSelf {
                    type Raw = #raw;
                    type Held = Self;

                    const C: ::struct_ops::Spelling = <Self as ::struct_ops::CType>::C;

                    #[inline]
                    unsafe fn hold(raw: #raw) -> ::core::option::Option<Self> {
                        <Self as ::struct_ops::CEnum>::from_number(raw.0)
                    }

                    #[inline]
                    fn lend(held: &'a mut ::core::option::Option<Self>) -> Self {
                        ::struct_ops::taken(held)
                    }
                }

                impl ::struct_ops::Pass for __StructOpsSelf {
                    #[inline]
                    fn into_raw(self) -> #raw {
                        #raw(<Self as ::struct_ops::CEnum>::number(self))
                    }
                }
            };
            ::struct_ops::unit!(#unit);
        };
    }
}
