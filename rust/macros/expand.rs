// SPDX-License-Identifier: GPL-2.0

//! Writes the Rust side of struct_ops definitions.
//!
//! `::struct_ops_abi` is the crate that Kbuild makes from the module's C unit with bindgen: its
//! types are what the C compiler sees.

use crate::{
    c_struct::CStruct,
    definition::{
        Argument,
        Callback,
        Definition,
        Kind,
        Member,
        Presence,
        MAX_ARGUMENTS, //
    },
    types::{
        Data,
        Output,
        Passing, //
    }, //
};
use proc_macro2::{
    Ident,
    Span,
    TokenStream, //
};
use quote::{
    format_ident,
    quote,
    quote_spanned,
    ToTokens, //
};
use syn::{
    spanned::Spanned,
    Path,
    Type, //
};

/// The type as the C table has it.
fn raw_data(data: &Data) -> TokenStream {
    match data {
        Data::Scalar(ty, _) | Data::Array(ty, ..) => quote!(#ty),
        Data::Struct(to) => {
            let ty = &to.rust;
            quote!(<#ty as ::struct_ops::CType>::Raw)
        }
    }
}

/// The type of an argument `ty` as C has it.
pub(crate) fn raw_argument(passing: &Passing, ty: &Type) -> TokenStream {
    match passing {
        Passing::Value(_) => quote!(#ty),
        Passing::Reference(to)
        | Passing::Nullable(to)
        | Passing::Owned(to)
        | Passing::Shared(to) => {
            let ty = &to.rust;
            quote!(*mut <#ty as ::struct_ops::CType>::Raw)
        }
        Passing::Struct(of) => {
            let ty = &of.rust;
            quote!(<#ty as ::struct_ops::CType>::Raw)
        }
        Passing::Arena(to, _) | Passing::NullableArena(to, _) => quote!(*mut #to),
    }
}

/// The type of the function pointer, which is also what kCFI hashes.
fn raw_callback(callback: &Callback) -> TokenStream {
    let arguments = callback
        .arguments
        .iter()
        .map(|a| raw_argument(&a.passing, &a.ty));
    let output = match &callback.output {
        Output::Nothing => quote!(),
        Output::Integer(ty, _) => quote!(-> #ty),
        Output::Owned(to) => {
            let ty = &to.rust;
            quote!(-> *mut <#ty as ::struct_ops::CType>::Raw)
        }
    };
    quote!(::core::option::Option<unsafe extern "C" fn(#(#arguments),*) #output>)
}

fn raw_member(member: &Member) -> TokenStream {
    match &member.kind {
        Kind::Callback(callback) => raw_callback(callback),
        Kind::Value(data) | Kind::Private(data) => raw_data(data),
        Kind::Owner => quote!(::struct_ops::ModulePtr),
    }
}

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
        Passing::Owned(_) => {
            quote!(::kernel::sync::aref::ARef::into_raw(#ident).as_ptr().cast())
        }
        Passing::Struct(_) => quote!(::struct_ops::into_raw(#ident)),
        Passing::Arena(..) => quote!(#ident.into_raw()),
        Passing::NullableArena(..) => {
            quote!(#ident.map_or(::core::ptr::null_mut(), ::struct_ops::Arena::into_raw))
        }
    }
}

/// A constant that does not compile if the kernel passes a struct in another way.
fn limit(argument: &Argument) -> Option<TokenStream> {
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
fn limit_words(member: &Member) -> Option<TokenStream> {
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

/// The method that calls a callback.
fn call(definition: &Definition, member: &Member, callback: &Callback) -> TokenStream {
    let vis = &definition.item.vis;
    let docs = &member.docs;
    let ident = &member.ident;
    let names: Vec<_> = callback.arguments.iter().map(|a| &a.ident).collect();
    // Whoever calls has to know that the count of `T` is the same on both sides; whoever defines
    // does not.
    let mut generics = Vec::new();
    let mut bounds = Vec::new();
    let mut counted = |ty: &Type| {
        let name = format_ident!("Counted{}", generics.len());
        bounds.push(quote!(#ty: ::struct_ops::Same<#name>, #name: ::struct_ops::BpfCounted));
        generics.push(name.clone());
        quote!(::kernel::sync::aref::ARef<#name>)
    };
    let types: Vec<_> = callback
        .arguments
        .iter()
        .map(|a| match &a.passing {
            Passing::Owned(to) => counted(&to.rust),
            _ => a.ty.to_token_stream(),
        })
        .collect();
    let returned = match &callback.output {
        Output::Owned(to) => Some(counted(&to.rust)),
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
        Output::Owned(_) => quote!(::core::option::Option<#returned>),
    };
    let result = quote! {
        // SAFETY: By the type invariants of `Ops`, a pointer in the table is a trampoline that stays
        // alive for `&self`. It has the signature of the member (see `proof()`). References are
        // valid during the call; the verifier lets a program use an argument as its type says.
        unsafe { function(#(#passed),*) }
    };
    let result = match &callback.output {
        Output::Owned(_) => quote! {
            ::core::ptr::NonNull::new(#result).map(|raw| {
                // SAFETY: The verifier accepts only NULL or a reference that the program owns and
                // gives up by returning it. By `BpfCounted`, it counts as an `ARef` does.
                unsafe { <#returned>::from_raw(raw.cast()) }
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
fn read(definition: &Definition, member: &Member, data: &Data) -> TokenStream {
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

/// What chooses the instructions around the programs for a callback.
fn around(callback: &Callback) -> TokenStream {
    let types: Vec<_> = callback.arguments.iter().map(|a| &a.ty).collect();
    let output = match &callback.output {
        Output::Nothing => quote!(()),
        Output::Integer(ty, _) => quote!(#ty),
        Output::Owned(to) => {
            let ty = &to.rust;
            quote!(::core::option::Option<::kernel::sync::aref::ARef<#ty>>)
        }
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

/// Statements that compile only if both structs have these fields at the same places.
fn same_layout(ty: &Ident, abi: &TokenStream, fields: &[&Ident]) -> TokenStream {
    quote_spanned! {ty.span()=>
        assert!(
            ::core::mem::size_of::<#ty>() == ::core::mem::size_of::<#abi>()
                && ::core::mem::align_of::<#ty>() == ::core::mem::align_of::<#abi>(),
            "C and Rust disagree about the size of the struct"
        );
        #(assert!(
            ::core::mem::offset_of!(#ty, #fields) == ::core::mem::offset_of!(#abi, #fields),
            "C and Rust disagree about the offset of a member"
        );)*
    }
}

/// Items that compile only if `abi`, the struct that the C compiler sees, has exactly these fields.
fn proof(abi: &TokenStream, fields: &[(&Ident, TokenStream)]) -> TokenStream {
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

/// A name as a literal that C understands.
fn c_string(name: &str) -> proc_macro2::Literal {
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

/// Expands `#[c_struct]`.
pub(crate) fn c_struct(c_struct: CStruct) -> TokenStream {
    let item = &c_struct.item;
    let ident = &item.ident;
    let c_name = Ident::new(&c_struct.name, Span::call_site());
    let abi = quote!(::struct_ops_abi::#c_name);
    let fields: Vec<_> = c_struct
        .fields
        .iter()
        .map(|(ident, data)| (ident, raw_data(data)))
        .collect();
    let proof = proof(&abi, &fields);
    // The author's attributes may have changed it.
    let idents: Vec<_> = fields.iter().map(|(ident, _)| *ident).collect();
    let same_layout = same_layout(ident, &abi, &idents);
    let in_kernel = format_ident!("{}__in_kernel", c_struct.name);
    let in_kernel = quote_spanned! {ident.span()=>
        const _: () = assert!(
            ::struct_ops_abi::#in_kernel == 0,
            "the kernel has a struct of this name with these fields, and BTF takes it for the same: \
             rename one"
        );
    };
    let name = c_string(&c_struct.name);
    quote! {
        #[repr(C)]
        #item

        // SAFETY: Both have the layout of C and fields of the same types (see the proofs below), and
        // any bytes are a value of them.
        unsafe impl ::struct_ops::CType for #ident {
            type Raw = #abi;

            const NAME: &'static ::kernel::str::CStr = #name;
        }

        // SAFETY: As above.
        unsafe impl ::struct_ops::CStruct for #ident {}

        // SAFETY: BPF passes it in whole words.
        unsafe impl ::struct_ops::Argument for #ident {
            const SLOTS: &'static [::struct_ops::code::Content] = &[
                ::struct_ops::code::Content::Nothing;
                ::core::mem::size_of::<#ident>().div_ceil(8)
            ];
        }

        #proof
        const _: () = { #same_layout };
        #in_kernel
    }
}
