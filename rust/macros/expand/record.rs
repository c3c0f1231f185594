// SPDX-License-Identifier: GPL-2.0

//! `#[struct_ops]`: the table in C, its stubs, and what the verifier asks about its programs.

use super::{
    callback,
    table::{
        has_epilogue,
        has_prologue,
        raw,
        sleeps,
        value, //
    },
    template::Template, //
};
use crate::parse::{
    callback::{
        Callback,
        Presence, //
    },
    definition::{
        Definition,
        Kind, //
    }, //
};
use proc_macro2::{
    Ident,
    TokenStream, //
};
use quote::{
    quote,
    quote_spanned, //
};
use syn::spanned::Spanned;

/// What the registry in C says about the programs.
fn registry(definition: &Definition, item: &str) -> Option<TokenStream> {
    let registry = definition.registry.as_ref()?;
    let item = Ident::new(item, registry.span());
    Some(quote_spanned!(registry.span()=> <#registry as ::struct_ops::CRegistrar>::#item))
}

/// Appends what C has to read first.
fn write_definitions(c: &mut Template, definition: &Definition) {
    if let Some(headers) = registry(definition, "HEADERS") {
        c.hole(headers);
    }
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
    if let Some(header) = &definition.kernel {
        c.text(&format!("#include <{header}>\n"));
        write_kernel_table(c, definition);
        return;
    }
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
    same_layout(c, &format!("struct {name}"), &quote!(__StructOpsTable));
    same_members(c, definition);
}

/// Has C compare the place and the size of each member.
fn same_members(c: &mut Template, definition: &Definition) {
    let name = &definition.name;
    for member in &definition.members {
        let (ident, raw) = (&member.ident, raw(member));
        let mut part = Template::default();
        let table = quote!(__StructOpsTable);
        same_field(&mut part, name, &member.name, &table, ident, &raw);
        c.part(&member.cfgs, part);
    }
}

/// Has C compare a struct of the kernel with what Rust has made of it: all members, and their types.
///
/// A callback that no program implements has only its place.
fn write_kernel_table(c: &mut Template, definition: &Definition) {
    let (name, at) = (&definition.name, definition.item.ident.span());
    c.line(at)
        .text(&format!("_Static_assert(sizeof(struct {name}) == ALIGN("));
    c.number(quote!(::core::mem::size_of::<__StructOpsTable>()));
    c.text(&format!(
        ", __alignof__(struct {name})),\n\t      \"struct {name} has members that Rust has not, or has fewer\");\n"
    ));
    same_members(c, definition);
    for member in &definition.members {
        let (field, ty) = (&member.name, format!("{name}__{}__type", member.name));
        let mut part = Template::default();
        match &member.kind {
            Kind::Callback(callback) if callback.presence == Presence::Unsupported => continue,
            Kind::Callback(callback) => callback::typedef(&mut part, &ty, callback),
            Kind::Value(value_ty) | Kind::Private(value_ty) => {
                part.text("typedef ");
                part.declare(&value(value_ty), &ty, None).text(";\n");
            }
        }
        part.line(member.ident.span()).text(&format!(
            "_Static_assert(__builtin_types_compatible_p(typeof(((struct {name} *)0)->{field}), {ty}),\n\t      \
             \"C and Rust disagree about the type of {field} of struct {name}\");\n"
        ));
        c.part(&member.cfgs, part);
    }
}

/// Has C compare the size and the alignment of `what`: a struct or a union.
pub(super) fn same_layout(c: &mut Template, what: &str, ty: &TokenStream) {
    c.text(&format!("_Static_assert(sizeof({what}) == "))
        .number(quote!(::core::mem::size_of::<#ty>()))
        .text(&format!(" && __alignof__({what}) == "))
        .number(quote!(::core::mem::align_of::<#ty>()))
        .text(&format!(
            ",\n\t      \"C and Rust disagree about {what}\");\n"
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
        "\nextern const struct {name} struct_ops_stubs__{name};\nconst struct {name} struct_ops_stubs__{name} = {{\n"
    ));
    c.part(&[], table).text("};\n");
}

/// Appends what the verifier asks about the programs of the type.
fn write_verifier_ops(c: &mut Template, definition: &Definition) {
    let name = &definition.name;
    c.text(&format!(
        "
static int struct_ops_btf_struct_access__{name}(struct bpf_verifier_log *log, const struct bpf_reg_state *reg,
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

static const struct bpf_func_proto *struct_ops_get_func_proto__{name}(enum bpf_func_id func_id,
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
    c.text("\t}\n");
    if let Some(helpers) = registry(definition, "HELPERS") {
        c.hole(helpers);
    }
    c.text("\treturn bpf_base_func_proto(func_id, prog);\n}\n\n");
    c.text(&format!(
        "static bool struct_ops_is_valid_access__{name}(int off, int size, enum bpf_access_type type,
				const struct bpf_prog *prog, struct bpf_insn_access_aux *info)
{{
	if (!bpf_tracing_btf_ctx_access(off, size, type, prog, info))
		return false;
"
    ));
    for member in &definition.members {
        if let Kind::Callback(callback) = &member.kind {
            let mut part = Template::default();
            let at = format!(
                "prog->aux->attach_st_ops_member_off == offsetof(struct {name}, {})",
                member.name
            );
            callback::promotions(&mut part, &at, callback);
            c.part(&member.cfgs, part);
        }
    }
    c.text("\treturn true;\n}\n\n");
    let mut more = String::new();
    for (which, has) in [
        ("PROLOGUE", has_prologue(definition)),
        ("EPILOGUE", has_epilogue(definition)),
    ] {
        if has {
            let function = which.to_lowercase();
            c.text(&format!("STRUCT_OPS_{which}({name})\n"));
            more += &format!(", .gen_{function} = struct_ops_gen_{function}__{name}");
        }
    }
    c.text(&format!("STRUCT_OPS_VERIFIER({name}{more})\n"));
}

/// The record of the type in the C unit.
pub(super) fn record(definition: &Definition) -> TokenStream {
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
