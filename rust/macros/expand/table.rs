// SPDX-License-Identifier: GPL-2.0

//! `#[struct_ops]`: the table in Rust, and what describes it.

use super::{
    callback,
    record::record,
    template::{
        c_string,
        As, //
    }, //
};
use crate::parse::{
    callback::{
        Callback,
        Presence, //
    },
    definition::{
        Definition,
        Kind,
        Member, //
    },
};
use proc_macro2::TokenStream;
use quote::{
    format_ident,
    quote,
    quote_spanned, //
};
use syn::{
    spanned::Spanned,
    Error,
    Type, //
};

/// What the type of a value says.
pub(super) fn value(ty: &Type) -> As {
    As::new(ty, quote!(CType))
}

/// The type of a member of the C table.
pub(super) fn raw(member: &Member) -> TokenStream {
    match &member.kind {
        Kind::Callback(callback) => callback::raw(member, callback),
        Kind::Value(ty) | Kind::Private(ty) => value(ty).item("Raw"),
    }
}

/// Has a callback instructions before its programs?
pub(super) fn has_prologue(definition: &Definition) -> bool {
    definition.callbacks().any(|c| c.prologue.is_some())
}

/// Has a callback instructions after its programs?
pub(super) fn has_epilogue(definition: &Definition) -> bool {
    let has = |c: &Callback| c.epilogue.is_some() || callback::may_be_bool(&c.output);
    definition.callbacks().any(has)
}

/// May a program sleep?
pub(super) fn sleeps(definition: &Definition) -> bool {
    definition.callbacks().any(|c| c.sleepable)
}

/// The description of a member for the callbacks of the registry.
fn describe(member: &Member) -> TokenStream {
    let (cfgs, ident, name, raw) = (&member.cfgs, &member.ident, &member.name, raw(member));
    let mut around = quote!(::struct_ops::Around::NOTHING);
    let mut check = quote!(::core::option::Option::None);
    let kind = match &member.kind {
        Kind::Callback(callback) => {
            around = callback::around(callback);
            match callback.presence {
                Presence::Unsupported => quote!(::struct_ops::MemberKind::Unsupported),
                presence => {
                    let required = presence == Presence::Required;
                    let (sleepable, private_stack) = (callback.sleepable, callback.private_stack);
                    quote!(::struct_ops::MemberKind::Callback {
                        required: #required,
                        sleepable: #sleepable,
                        private_stack: #private_stack,
                    })
                }
            }
        }
        Kind::Value(ty) => {
            let settable = value(ty).item("SETTABLE");
            check = value(ty).item("CHECK");
            quote!(::struct_ops::MemberKind::of_value(#settable))
        }
        Kind::Private(_) => quote!(::struct_ops::MemberKind::Private),
    };
    let default = match (&member.kind, &member.default) {
        (Kind::Value(ty), Some(default)) => quote_spanned! {default.span()=>
            ::core::option::Option::Some(|to| {
                const DEFAULT: #ty = #default;
                <#ty as ::struct_ops::Preset>::write(DEFAULT, to)
            })
        },
        _ => quote!(::core::option::Option::None),
    };
    quote! {
        #(#cfgs)*
        ::struct_ops::Member {
            name: #name,
            offset: ::core::mem::offset_of!(__StructOpsTable, #ident),
            size: ::core::mem::size_of::<#raw>(),
            kind: #kind,
            default: #default,
            check: #check,
            around: #around,
        }
    }
}

/// The method that reads a value.
fn getter(definition: &Definition, member: &Member, ty: &Type) -> TokenStream {
    let vis = &definition.item.vis;
    let (docs, cfgs, ident) = (&member.docs, &member.cfgs, &member.ident);
    let (result, read) = (value(ty).item("Read"), value(ty).item("read"));
    quote! {
        #(#cfgs)*
        #(#docs)*
        #[allow(dead_code, reason = "not each value is for the module")]
        #[inline]
        #vis fn #ident(&self) -> #result<'_> {
            let table = self.0.as_ptr();
            // SAFETY: By the type invariants of `Table`, there is a table.
            let value = unsafe { &raw const (*table).#ident };
            // SAFETY: By the type invariants of `Table`, nobody writes to it, and its type has accepted it.
            unsafe { #read(value) }
        }
    }
}

/// The functions of the C unit that have the instructions written.
fn generators(definition: &Definition) -> TokenStream {
    let ident = &definition.item.ident;
    let generator = |which: &str, parameter: TokenStream, passed: TokenStream| {
        let shim = format_ident!("struct_ops_{which}__{}", definition.name);
        let write = format_ident!("write_{which}");
        quote! {
            #[no_mangle]
            unsafe extern "C" fn #shim(
                insns: *mut ::kernel::bindings::bpf_insn,
                prog: *const ::kernel::bindings::bpf_prog,
                #parameter
            ) -> ::kernel::ffi::c_int {
                // SAFETY: The verifier asks for a program of this type, and has a buffer of
                // `INSN_BUF_SIZE` instructions.
                unsafe { ::struct_ops::code::#write::<#ident>(insns, prog, #passed) }
            }
        }
    };
    let prologue = has_prologue(definition).then(|| generator("prologue", quote!(), quote!()));
    let epilogue = has_epilogue(definition).then(|| {
        let parameter = quote!(context: ::core::primitive::i16);
        generator("epilogue", parameter, quote!(context))
    });
    quote!(#prologue #epilogue)
}

/// Expands `#[struct_ops]`.
pub(crate) fn struct_ops(definition: Definition) -> TokenStream {
    let item = &definition.item;
    let (vis, ident, attrs) = (&item.vis, &item.ident, &item.attrs);
    let symbol = |what: &str| format!("struct_ops_{what}__{}", definition.name);
    let (stubs, verifier_ops) = (symbol("stubs"), symbol("verifier_ops"));
    let (mutex, prepare) = (symbol("mutex"), symbol("prepare"));
    let name = c_string(&definition.name);

    let fields = definition.members.iter().map(|member| {
        let (cfgs, ident, raw) = (&member.cfgs, &member.ident, raw(member));
        quote!(#(#cfgs)* pub #ident: #raw)
    });
    let members = definition.members.iter().map(describe);
    let methods = definition.members.iter().map(|m| match &m.kind {
        Kind::Callback(c) if c.presence == Presence::Unsupported => TokenStream::new(),
        Kind::Callback(c) => {
            let (presence, method) = (callback::presence(vis, m, c), callback::method(vis, m, c));
            quote!(#presence #method)
        }
        Kind::Value(ty) => getter(&definition, m, ty),
        Kind::Private(_) => TokenStream::new(),
    });
    let checks = definition.members.iter().map(|m| match &m.kind {
        Kind::Callback(c) => callback::checks(m, c, has_epilogue(&definition)),
        Kind::Value(_) | Kind::Private(_) => TokenStream::new(),
    });
    let kernel = definition.kernel.is_some();
    let size = quote_spanned! {ident.span()=>
        const _: () = ::core::assert!(
            <#ident as ::struct_ops::StructOps>::MEMBERS.len() <= 64,
            "a struct_ops type has at most 64 members"
        );
    };
    let slot = match (&definition.slot, &definition.registry) {
        (Some(slot), _) => quote!(&#slot),
        (None, Some(registry)) => quote_spanned! {registry.span()=>
            static REGISTRY: ::struct_ops::CRegistry<#ident, #registry> =
                ::struct_ops::CRegistry::new();
            &REGISTRY
        },
        (None, None) => quote!(&()),
    };
    let sleepable = sleeps(&definition).then(|| {
        let srcu = symbol("srcu");
        quote! {
            // SAFETY: This is a static of the module's C unit, initialised when the module is loaded.
            unsafe impl ::struct_ops::SleepableStructOps for #ident {
                #[inline]
                fn srcu() -> *mut ::kernel::bindings::srcu_struct {
                    extern "C" {
                        #[link_name = #srcu]
                        static mut SRCU: ::kernel::bindings::srcu_struct;
                    }
                    &raw mut SRCU
                }
            }
        }
    });
    let generators = generators(&definition);
    let unit = record(&definition);
    let errors = definition.errors.iter().map(Error::to_compile_error);
    quote! {
        #(#errors)*
        #(#attrs)*
        #[repr(transparent)]
        #vis struct #ident(::struct_ops::Table<<#ident as ::struct_ops::StructOps>::Raw>);

        const _: () = {
            /// The table as C sees it.
            #[repr(C)]
            pub struct __StructOpsTable {
                #(#fields,)*
            }

            impl #ident {
                #(#methods)*
            }

            extern "C" {
                #[link_name = #stubs]
                static __STRUCT_OPS_STUBS: __StructOpsTable;
                #[link_name = #verifier_ops]
                static __STRUCT_OPS_VERIFIER_OPS: ::kernel::bindings::bpf_verifier_ops;
                #[link_name = #mutex]
                static mut __STRUCT_OPS_MUTEX: ::kernel::bindings::mutex;
                #[link_name = #prepare]
                fn __struct_ops_prepare(prog: *const ::kernel::bindings::bpf_prog);
            }

            // SAFETY: `OWNER` is the module being compiled. `Raw` is the C struct of this name: by
            // `CType`, `Argument` and `Output` its members are declared alike, and C compares their
            // places. `MEMBERS` lists all of them. `STUBS`, `VERIFIER_OPS`, `PREPARE` and `mutex()` are
            // those of the same name in the module's C unit; `slot()` and `descriptor()` name statics.
            unsafe impl ::struct_ops::StructOps for #ident {
                type Raw = __StructOpsTable;

                const OWNER: *mut ::kernel::bindings::module =
                    ::kernel::module::this_module::<crate::LocalModule>().as_ptr();
                const NAME: &'static ::kernel::str::CStr = #name;
                const KERNEL: ::core::primitive::bool = #kernel;
                const MEMBERS: &'static [::struct_ops::Member] = &[#(#members),*];
                const STUBS: *const Self::Raw = &raw const __STRUCT_OPS_STUBS;
                const VERIFIER_OPS: *const ::kernel::bindings::bpf_verifier_ops =
                    &raw const __STRUCT_OPS_VERIFIER_OPS;
                const PREPARE: ::struct_ops::Prepare = __struct_ops_prepare;

                fn slot() -> &'static dyn ::struct_ops::Slot<Self> {
                    #slot
                }

                #[inline]
                fn mutex() -> *mut ::kernel::bindings::mutex {
                    &raw mut __STRUCT_OPS_MUTEX
                }

                fn descriptor() -> &'static ::struct_ops::Descriptor<Self> {
                    static DESCRIPTOR: ::struct_ops::Descriptor<#ident> =
                        ::struct_ops::Descriptor::new();
                    &DESCRIPTOR
                }
            }

            #sleepable
            #generators
            #(#checks)*
            #size
            ::struct_ops::unit!(#unit);
        };
    }
}
