// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust side of struct_ops definitions.
//!
//! `::struct_ops_abi` is the crate that Kbuild makes from the module's C unit with bindgen: its
//! types are what the C compiler sees.

use crate::{
    callback::{
        Callback,
        Presence, //
    },
    definition::{
        Definition,
        Kind,
        Member, //
    },
    expand_abi::{
        limit,
        limit_words,
        proof,
        raw_member, //
    },
    expand_call::{
        call,
        read, //
    },
    types::Output,
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
use syn::{
    spanned::Spanned,
    Path, //
};

/// What chooses the instructions around the programs for a callback.
fn around(callback: &Callback) -> TokenStream {
    let types: Vec<_> = callback.arguments.iter().map(|a| &a.ty).collect();
    let output = match &callback.output {
        Output::Nothing => quote!(()),
        Output::Integer(ty, _) => quote!(#ty),
        Output::Owned(ty, _) => quote!(::core::option::Option<#ty>),
    };
    let choose = |path: &Option<Path>, ty: TokenStream| match path {
        None => quote!(::core::option::Option::None),
        Some(path) => quote_spanned! {path.span()=>
            ::core::option::Option::Some(|prog| {
                const CHOOSE: #ty = #path;
                ::core::option::Option::map(CHOOSE(prog), |chosen| chosen.instructions())
            })
        },
    };
    let prologue = choose(
        &callback.prologue,
        quote!(::struct_ops::ChoosePrologue<(#(#types,)*)>),
    );
    let epilogue = choose(
        &callback.epilogue,
        quote!(::struct_ops::ChooseEpilogue<(#(#types,)*), #output>),
    );
    quote!(::struct_ops::Around { prologue: #prologue, epilogue: #epilogue })
}

/// The functions of the C unit that have the instructions written.
fn generators(definition: &Definition) -> TokenStream {
    let ident = &definition.item.ident;
    let insns = quote!(*mut ::kernel::bindings::bpf_insn);
    let prog = quote!(*const ::kernel::bindings::bpf_prog);
    let generator = |which: &str, more: Option<TokenStream>, passed: TokenStream| {
        let shim = format_ident!("{}__{which}", definition.name);
        let write = format_ident!("write_{which}");
        let declared = more.as_ref().map(|ty| quote!(context: #ty));
        quote! {
            const _: () = {
                #[no_mangle]
                unsafe extern "C" fn #shim(
                    insns: #insns,
                    prog: #prog,
                    #declared
                ) -> ::kernel::ffi::c_int {
                    // SAFETY: The verifier asks for a program of this type, and has a buffer of
                    // `INSN_BUF_SIZE` instructions.
                    unsafe { ::struct_ops::#write::<#ident>(insns, prog, #passed) }
                }
                const _: unsafe extern "C" fn(#insns, #prog, #more) -> ::kernel::ffi::c_int =
                    ::struct_ops_abi::#shim;
            };
        }
    };
    let prologue = definition.callbacks().any(|c| c.prologue.is_some());
    let prologue = prologue.then(|| generator("prologue", None, quote!()));
    let epilogue = definition.callbacks().any(|c| c.epilogue.is_some());
    let epilogue = epilogue.then(|| generator("epilogue", Some(quote!(i16)), quote!(context)));
    quote!(#prologue #epilogue)
}

/// The description of a member for the callbacks of the registry.
fn describe(abi: &TokenStream, member: &Member) -> TokenStream {
    let ident = &member.ident;
    let name = ident.to_string();
    let raw = raw_member(member);
    let kind = match &member.kind {
        Kind::Callback(Callback {
            presence: Presence::Unsupported,
            ..
        }) => quote!(Unsupported),
        Kind::Callback(callback) => {
            let required = callback.presence == Presence::Required;
            let sleepable = callback.sleepable;
            let private_stack = callback.private_stack;
            quote! {
                Callback {
                    required: #required,
                    sleepable: #sleepable,
                    private_stack: #private_stack,
                }
            }
        }
        Kind::Value(_) => quote!(Value),
        Kind::Private(_) | Kind::Owner => quote!(Private),
    };
    let around = match &member.kind {
        Kind::Callback(callback) => around(callback),
        Kind::Value(_) | Kind::Private(_) | Kind::Owner => {
            quote!(::struct_ops::Around::NOTHING)
        }
    };
    quote! {
        ::struct_ops::Member {
            name: #name,
            offset: ::core::mem::offset_of!(#abi, #ident),
            size: ::core::mem::size_of::<#raw>(),
            kind: ::struct_ops::MemberKind::#kind,
            around: #around,
        }
    }
}

/// A name as a literal that C understands.
pub(crate) fn c_string(name: &str) -> proc_macro2::Literal {
    // An identifier has no NUL in it.
    proc_macro2::Literal::c_string(&std::ffi::CString::new(name).unwrap())
}

/// Expands `#[struct_ops]`.
pub(crate) fn struct_ops(definition: Definition) -> TokenStream {
    let item = &definition.item;
    let (vis, ident, attrs) = (&item.vis, &item.ident, &item.attrs);
    let c_name = Ident::new(&definition.name, Span::call_site());
    let abi = quote!(::struct_ops_abi::#c_name);
    let stubs = format_ident!("{}__stubs", definition.name);
    let verifier_ops = format_ident!("{}__verifier_ops", definition.name);
    let mutex = format_ident!("{}__mutex", definition.name);
    let name = c_string(&definition.name);

    let methods = definition.members.iter().filter_map(|m| match &m.kind {
        Kind::Callback(c) if c.presence == Presence::Unsupported => None,
        Kind::Callback(c) => Some(call(&definition, m, c)),
        Kind::Value(data) => Some(read(&definition, m, data)),
        Kind::Private(_) | Kind::Owner => None,
    });
    let members = definition.members.iter().map(|m| describe(&abi, m));
    let arguments = definition.callbacks().flat_map(|c| &c.arguments);
    let limits: Vec<_> = arguments.filter_map(limit).collect();
    let words = definition.members.iter().filter_map(limit_words);
    let fields: Vec<_> = definition
        .members
        .iter()
        .map(|m| (&m.ident, raw_member(m)))
        .collect();
    let proof = proof(&abi, &fields);
    let generators = generators(&definition);
    let prepare = if definition.shares() {
        let prepare = format_ident!("{}__find_writable", definition.name);
        quote!(::core::option::Option::Some(::struct_ops_abi::#prepare))
    } else {
        quote!(::core::option::Option::None)
    };
    let slot = match &definition.slot {
        Some(slot) => quote!(&#slot),
        None => quote!(&()),
    };
    let sleepable = definition.sleeps().then(|| {
        let srcu = format_ident!("{}__srcu", definition.name);
        quote! {
            // SAFETY: This is a static of the module's C unit, initialised when the module is loaded.
            unsafe impl ::struct_ops::SleepableStructOps for #ident {
                #[inline]
                fn srcu() -> *mut ::kernel::bindings::srcu_struct {
                    &raw mut ::struct_ops_abi::#srcu
                }
            }
        }
    });
    quote! {
        #(#attrs)*
        #[repr(transparent)]
        #vis struct #ident(::kernel::types::Opaque<#abi>);

        // SAFETY: A table is only read while it is shared, and its programs run on any CPU.
        unsafe impl ::core::marker::Sync for #ident {}

        // SAFETY: As above; nothing in it belongs to a thread.
        unsafe impl ::core::marker::Send for #ident {}

        impl #ident {
            #(#methods)*
        }

        // SAFETY: `OWNER` is the module being compiled. `NAME`, `STUBS` and `VERIFIER_OPS` belong to the C struct of that name, in the
        // module's own C unit, as does `mutex()`; `MEMBERS` lists all of its members (see the proof
        // below); `slot()` and `descriptor()` name statics.
        unsafe impl ::struct_ops::StructOps for #ident {
            type Raw = #abi;

            const OWNER: *mut ::kernel::bindings::module =
                ::kernel::module::this_module::<crate::LocalModule>().as_ptr();
            const NAME: &'static ::kernel::str::CStr = #name;
            const MEMBERS: &'static [::struct_ops::Member] = &[#(#members),*];
            const STUBS: *const Self::Raw = &raw const ::struct_ops_abi::#stubs;
            const VERIFIER_OPS: *const ::kernel::bindings::bpf_verifier_ops =
                &raw const ::struct_ops_abi::#verifier_ops;
            const PREPARE: ::core::option::Option<::struct_ops::Prepare> = #prepare;

            fn slot() -> &'static dyn ::struct_ops::Slot<Self> {
                #slot
            }

            #[inline]
            fn mutex() -> *mut ::kernel::bindings::mutex {
                &raw mut ::struct_ops_abi::#mutex
            }

            fn descriptor() -> &'static ::struct_ops::Descriptor<Self> {
                static DESCRIPTOR: ::struct_ops::Descriptor<#ident> =
                    ::struct_ops::Descriptor::new();
                &DESCRIPTOR
            }
        }

        #sleepable
        #generators
        #proof
        #(#limits)*
        #(#words)*
    }
}
