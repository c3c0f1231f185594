// SPDX-License-Identifier: GPL-2.0

//! Writes which programs of the module's own types may call a kfunc with `only(…)`.

use crate::{
    definition::Definition,
    kfunc::Kfunc, //
};
use std::fmt::{
    self,
    Write, //
};
use syn::{
    Ident,
    Path, //
};

/// What `path` names: a type, and the index of a callback if it has a second part.
fn find<'a>(path: &Path, definitions: &'a [Definition]) -> Option<(&'a Definition, Option<usize>)> {
    let names: Vec<_> = path.segments.iter().map(|s| &s.ident).collect();
    let named = |name: &Ident| definitions.iter().find(|d| d.item.ident == *name);
    match names.as_slice() {
        [ty] => named(ty).map(|d| (d, None)),
        [ty, member] => {
            let definition = named(ty)?;
            let mut members = definition.members.iter();
            let index = members.position(|m| m.ident == **member)?;
            Some((definition, Some(index)))
        }
        _ => None,
    }
}

/// The condition under which programs of the type may call the kfunc, if there is one.
fn condition(kfunc: &Kfunc, definition: &Definition, definitions: &[Definition]) -> Option<String> {
    let found = kfunc.options.only.iter();
    let found = found.filter_map(|path| find(path, definitions));
    let own: Vec<_> = found.filter(|(d, _)| d.name == definition.name).collect();
    if own.iter().any(|(_, member)| member.is_none()) {
        return Some(String::new());
    }
    let members: Vec<_> = own
        .iter()
        .filter_map(|(_, member)| member.map(|m| format!("member == {m}")))
        .collect();
    match members.as_slice() {
        [] => None,
        [one] => Some(format!(" && {one}")),
        _ => Some(format!(" && ({})", members.join(" || "))),
    }
}

/// Writes the filter. These kfuncs are in a set of their own, so it sees no others.
pub(crate) fn write_filter(
    f: &mut fmt::Formatter<'_>,
    kfuncs: &[Kfunc],
    definitions: &[Definition],
) -> fmt::Result {
    let limited: Vec<_> = kfuncs
        .iter()
        .filter(|k| !k.options.only.is_empty())
        .collect();
    if limited.is_empty() {
        return Ok(());
    }
    for kfunc in &limited {
        let unknown = |path: &&Path| find(path, definitions).is_none();
        if kfunc.options.only.iter().any(|path| unknown(&path)) {
            let name = &kfunc.item.sig.ident;
            writeln!(
                f,
                "\n#error only() of {name}() names no struct_ops type of the module, or no member of it"
            )?;
        }
    }
    writeln!(f, "\nBTF_ID_LIST(struct_ops_kfuncs__limited)")?;
    for kfunc in &limited {
        writeln!(f, "BTF_ID(func, {})", kfunc.item.sig.ident)?;
    }
    writeln!(f, "\nBTF_ID_LIST(struct_ops_kfuncs__types)")?;
    for definition in definitions {
        writeln!(f, "BTF_ID(struct, {})", definition.name)?;
    }
    writeln!(
        f,
        "
/*
 * The ids above are those of the file. When the kernel loads the module, it adds the same number to
 * all ids of the module's own, and a program tells what has become of that of its type.
 */
static int struct_ops_kfuncs__filter(const struct bpf_prog *prog, u32 kfunc_id)
{{
	const struct bpf_struct_ops_desc *desc = prog->aux->st_ops_desc;
	u32 member __maybe_unused = prog->expected_attach_type;

	if (prog->type != BPF_PROG_TYPE_STRUCT_OPS || !desc || desc->st_ops->owner != THIS_MODULE)
		return -EACCES;"
    )?;
    for (t, definition) in definitions.iter().enumerate() {
        let mut body = String::new();
        for (k, kfunc) in limited.iter().enumerate() {
            if let Some(condition) = condition(kfunc, definition, definitions) {
                writeln!(
                    body,
                    "\t\tif (kfunc_id == struct_ops_kfuncs__limited[{k}]{condition})\n\t\t\treturn 0;"
                )?;
            }
        }
        if !body.is_empty() {
            writeln!(
                f,
                "\tif (!strcmp(desc->st_ops->name, \"{}\")) {{",
                definition.name
            )?;
            writeln!(
                f,
                "\t\tkfunc_id -= prog->aux->attach_btf_id - struct_ops_kfuncs__types[{t}];"
            )?;
            writeln!(f, "{body}\t}}")?;
        }
    }
    writeln!(f, "\treturn -EACCES;\n}}")
}
