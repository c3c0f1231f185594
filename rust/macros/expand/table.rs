// SPDX-License-Identifier: GPL-2.0

//! `#[struct_ops]`: the table in Rust and in C, and what describes it.

use super::{
    callback,
    template::{
        c_string,
        As,
        Template, //
    },
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
use proc_macro2::{
    Ident,
    TokenStream, //
};
use quote::{
    format_ident,
    quote,
    quote_spanned, //
};
use syn::Type;

/// What the type of a value says.
fn value(ty: &Type) -> As {
    As::new(ty, quote!(CType))
}

/// The type of a member of the C table.
fn raw(member: &Member) -> TokenStream {
    match &member.kind {
        Kind::Callback(callback) => callback::raw(member, callback),
        Kind::Value(ty) | Kind::Private(ty) => value(ty).item("Raw"),
    }
}

/// Appends what C has to read first.
fn write_definitions(c: &mut Template, definition: &Definition) {
    for member in &definition.members {
        let cfgs = &member.cfgs;
        match &member.kind {
            Kind::Callback(callback) => callback::definitions(c, cfgs, callback),
            Kind::Value(ty) | Kind::Private(ty) => {
                let value = value(ty);
                c.definition(cfgs, &value);
                c.first(cfgs, value.item("BORROWED"));
            }
        }
    }
}

/// Appends the table, and has C compare it with what Rust has made of it.
fn write_table(c: &mut Template, definition: &Definition) {
    let name = &definition.name;
    c.line(definition.item.ident.span());
    c.text(&format!("struct {name} {{\n"));
    for member in &definition.members {
        let mut part = Template::default();
        match &member.kind {
            Kind::Callback(callback) => callback::member(&mut part, &member.name, callback),
            Kind::Value(ty) | Kind::Private(ty) => {
                part.text("\t");
                part.declare(&value(ty), &member.name, None).text(";\n");
            }
        }
        c.part(&member.cfgs, part);
    }
    c.text("};\n").line(definition.item.ident.span());
    same_struct(c, name, &quote!(__StructOpsTable));
    for member in &definition.members {
        let (ident, raw) = (&member.ident, raw(member));
        let mut part = Template::default();
        let table = quote!(__StructOpsTable);
        same_field(&mut part, name, &member.name, &table, ident, &raw);
        c.part(&member.cfgs, part);
    }
}

/// Has C compare the size and the alignment of a struct.
pub(super) fn same_struct(c: &mut Template, name: &str, ty: &TokenStream) {
    c.text(&format!("_Static_assert(sizeof(struct {name}) == "))
        .number(quote!(::core::mem::size_of::<#ty>()))
        .text(&format!(" && __alignof__(struct {name}) == "))
        .number(quote!(::core::mem::align_of::<#ty>()))
        .text(&format!(
            ",\n\t      \"C and Rust disagree about struct {name}\");\n"
        ));
}

/// Has C compare the place and the size of a member.
pub(super) fn same_field(
    c: &mut Template,
    name: &str,
    field: &str,
    ty: &TokenStream,
    ident: &Ident,
    field_ty: &TokenStream,
) {
    c.line(ident.span());
    c.text(&format!(
        "_Static_assert(offsetof(struct {name}, {field}) == "
    ))
    .number(quote!(::core::mem::offset_of!(#ty, #ident)))
    .text(&format!(" && sizeof_field(struct {name}, {field}) == "))
    .number(quote!(::core::mem::size_of::<#field_ty>()))
    .text(&format!(
        ",\n\t      \"C and Rust disagree about {field} of struct {name}\");\n"
    ));
}

/// Appends the stubs of the callbacks that programs may implement, and the table of them.
fn write_stubs(c: &mut Template, definition: &Definition) {
    let name = &definition.name;
    let mut table = Template::default();
    for member in &definition.members {
        let Kind::Callback(callback) = &member.kind else {
            continue;
        };
        if callback.presence == Presence::Unsupported {
            continue;
        }
        let mut stub = Template::default();
        callback::stub(&mut stub, name, &member.name, callback);
        c.part(&member.cfgs, stub);
        let mut entry = Template::default();
        entry.text(&format!("\t.{} = {name}__{},\n", member.name, member.name));
        table.part(&member.cfgs, entry);
    }
    c.text(&format!(
        "\nextern const struct {name} {name}__stubs;\nconst struct {name} {name}__stubs = {{\n"
    ));
    c.part(&[], table).text("};\n");
}

/// Appends what the verifier asks about the programs of the type.
fn write_verifier_ops(c: &mut Template, definition: &Definition) {
    let name = &definition.name;
    c.text(&format!(
        "
static int {name}__btf_struct_access(struct bpf_verifier_log *log, const struct bpf_reg_state *reg,
				int off, int size)
{{
"
    ));
    for member in &definition.members {
        if let Kind::Callback(callback) = &member.kind {
            let mut part = Template::default();
            callback::writes(&mut part, callback);
            c.part(&member.cfgs, part);
        }
    }
    c.text(&format!(
        "\tbpf_log(log, \"the module says nothing of writes to this\\n\");
	return -EACCES;
}}

static const struct bpf_func_proto *{name}__get_func_proto(enum bpf_func_id func_id,
				const struct bpf_prog *prog)
{{
	switch (prog->aux->attach_st_ops_member_off) {{
"
    ));
    for member in &definition.members {
        if let Kind::Callback(Callback { denied, .. }) = &member.kind {
            let mut part = Template::default();
            if !denied.is_empty() {
                part.text(&format!(
                    "\tcase offsetof(struct {name}, {}):\n",
                    member.name
                ));
            }
            for helper in denied {
                part.line(helper.span());
                part.text(&format!(
                    "\t\tif (func_id == BPF_FUNC_{helper})\n\t\t\treturn NULL;\n"
                ));
            }
            if !denied.is_empty() {
                part.text("\t\tbreak;\n");
            }
            c.part(&member.cfgs, part);
        }
    }
    c.text("\t}\n\treturn bpf_base_func_proto(func_id, prog);\n}\n\n");
    let mut more = String::new();
    for (which, has) in [
        ("PROLOGUE", has_prologue(definition)),
        ("EPILOGUE", has_epilogue(definition)),
    ] {
        if has {
            let function = which.to_lowercase();
            c.text(&format!("STRUCT_OPS_{which}({name})\n"));
            more += &format!(", .gen_{function} = {name}__gen_{function}");
        }
    }
    c.text(&format!("STRUCT_OPS_VERIFIER({name}{more})\n"));
}

fn has_prologue(definition: &Definition) -> bool {
    definition.callbacks().any(|c| c.prologue.is_some())
}

fn has_epilogue(definition: &Definition) -> bool {
    definition.callbacks().any(|c| c.epilogue.is_some())
}

fn sleeps(definition: &Definition) -> bool {
    definition.callbacks().any(|c| c.sleepable)
}

/// The record of the type in the C unit.
fn unit(definition: &Definition) -> TokenStream {
    let name = &definition.name;
    let mut c = Template::default();
    c.text("#ifdef STRUCT_OPS_CODE\n");
    write_definitions(&mut c, definition);
    c.once("struct", name, definition.item.ident.span());
    write_table(&mut c, definition);
    c.text(&format!("STRUCT_OPS_TYPE({name})\n"));
    if sleeps(definition) {
        c.text(&format!("STRUCT_OPS_SRCU({name})\n"));
    }
    write_stubs(&mut c, definition);
    write_verifier_ops(&mut c, definition);
    c.text("#endif\n#endif\n");
    c.into_text()
}

/// The description of a member for the callbacks of the registry.
fn describe(member: &Member) -> TokenStream {
    let (cfgs, ident, name, raw) = (&member.cfgs, &member.ident, &member.name, raw(member));
    let mut around = quote!(::struct_ops::Around::NOTHING);
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
            quote!(::struct_ops::MemberKind::of_value(#settable))
        }
        Kind::Private(_) => quote!(::struct_ops::MemberKind::Private),
    };
    quote! {
        #(#cfgs)*
        ::struct_ops::Member {
            name: #name,
            offset: ::core::mem::offset_of!(__StructOpsTable, #ident),
            size: ::core::mem::size_of::<#raw>(),
            kind: #kind,
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
            // SAFETY: By the type invariants of `Table`, nobody writes to it.
            unsafe { #read(value) }
        }
    }
}

/// The functions of the C unit that have the instructions written.
fn generators(definition: &Definition) -> TokenStream {
    let ident = &definition.item.ident;
    let generator = |which: &str, parameter: TokenStream, passed: TokenStream| {
        let shim = format_ident!("{}__{which}", definition.name);
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
    let symbol = |suffix: &str| format!("{}__{suffix}", definition.name);
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
        Kind::Callback(c) => callback::method(vis, m, c),
        Kind::Value(ty) => getter(&definition, m, ty),
        Kind::Private(_) => TokenStream::new(),
    });
    let checks = definition.members.iter().map(|m| match &m.kind {
        Kind::Callback(c) => callback::checks(m, c),
        Kind::Value(_) | Kind::Private(_) => TokenStream::new(),
    });
    let size = quote_spanned! {ident.span()=>
        const _: () = ::core::assert!(
            <#ident as ::struct_ops::StructOps>::MEMBERS.len() <= 64,
            "a struct_ops type has at most 64 members"
        );
    };
    let slot = match &definition.slot {
        Some(slot) => quote!(&#slot),
        None => quote!(&()),
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
    let unit = unit(&definition);
    quote! {
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
