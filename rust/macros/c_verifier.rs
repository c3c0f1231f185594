// SPDX-License-Identifier: GPL-2.0

//! Writes what the verifier asks about the programs of a type.
//!
//! Its callbacks take C enums, for which Rust cannot compute a kCFI hash.

use crate::{
    c_struct::CStruct,
    callback::Callback,
    definition::{
        Definition,
        Kind, //
    },
    passing::Passing, //
};
use std::fmt::{
    self,
    Write, //
};

/// Writes a function's head and opens it; parameters are one to a line.
fn write_head(f: &mut fmt::Formatter<'_>, head: &str, parameters: &[&str]) -> fmt::Result {
    let indent = "\t".repeat(head.len() / 8) + &" ".repeat(head.len() % 8);
    let list = parameters.join(&format!(",\n{indent}"));
    writeln!(f, "\n{head}{list})\n{{")
}

/// A struct with fields that programs of a type may write to, and a callback that takes it.
pub(crate) struct Writable<'a> {
    pub(crate) of: &'a CStruct,
    member: usize,
    argument: usize,
}

/// The structs with fields that programs of this type may write to.
pub(crate) fn writable<'a>(definition: &Definition, structs: &'a [CStruct]) -> Vec<Writable<'a>> {
    let shared = |callback: &Callback, of: &CStruct| {
        let takes = |p: &Passing| matches!(p, Passing::Shared(to) if to.name == of.name);
        callback.arguments.iter().position(|a| takes(&a.passing))
    };
    let found = structs.iter().filter(|s| !s.writable.is_empty()).map(|of| {
        let mut members = definition.members.iter().enumerate();
        members.find_map(|(member, m)| match &m.kind {
            Kind::Callback(callback) => shared(callback, of).map(|argument| Writable {
                of,
                member,
                argument,
            }),
            Kind::Value(_) | Kind::Private(_) | Kind::Owner => None,
        })
    });
    found.flatten().collect()
}

/// Writes what all types of a module share.
pub(crate) fn write_common(f: &mut fmt::Formatter<'_>, has_writable: bool) -> fmt::Result {
    if !has_writable {
        return Ok(());
    }
    writeln!(
        f,
        "
/*
 * The struct that an argument of a callback points to. It is the module's own: the build has seen to
 * it that BTF does not take it for one of the kernel, and programs may write to it.
 */"
    )?;
    write_head(
        f,
        "static const struct btf_type *struct_ops_pointee(",
        &[
            "const struct btf *btf",
            "const struct btf_type *t",
            "u32 member",
            "u32 argument",
        ],
    )?;
    writeln!(
        f,
        "	t = btf_type_by_id(btf, btf_type_member(t)[member].type); /* the callback */
	t = btf_type_by_id(btf, t->type); /* its prototype */
	t = btf_type_by_id(btf, btf_params(t)[argument].type); /* the argument */
	return btf_type_by_id(btf, t->type);
}}"
    )
}

/// Writes the check of writes, and the function that finds the BTF it needs.
fn write_struct_access(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    writable: &[Writable<'_>],
) -> fmt::Result {
    writeln!(f)?;
    for Writable { of, .. } in writable {
        writeln!(f, "static const struct btf_type *{name}__{};", of.name)?;
    }
    let types = "const struct btf *btf, const struct btf_type *t";
    writeln!(f, "\n/* Called before a program is verified. */")?;
    writeln!(f, "void {name}__find_writable({types});")?;
    writeln!(f, "void {name}__find_writable({types})\n{{")?;
    for Writable {
        of,
        member,
        argument,
    } in writable
    {
        let found = format!("struct_ops_pointee(btf, t, {member}, {argument})");
        writeln!(f, "\tWRITE_ONCE({name}__{}, {found});", of.name)?;
    }
    writeln!(f, "}}")?;
    if writable.is_empty() {
        return Ok(());
    }
    write_head(
        f,
        &format!("static int {name}__btf_struct_access("),
        &[
            "struct bpf_verifier_log *log",
            "const struct bpf_reg_state *reg",
            "int off, int size",
        ],
    )?;
    writeln!(
        f,
        "\tconst struct btf_type *t = btf_type_by_id(reg->btf, reg->btf_id);\n"
    )?;
    for Writable { of, .. } in writable {
        writeln!(f, "\tif (t == READ_ONCE({name}__{})) {{", of.name)?;
        for field in &of.writable {
            let place = format!("struct {}, {field}", of.name);
            writeln!(f, "\t\tif (off >= (int)offsetof({place}) &&")?;
            writeln!(f, "\t\t    off + size <= (int)offsetofend({place}))")?;
            writeln!(f, "\t\t\treturn 0;")?;
        }
        writeln!(f, "\t}}")?;
    }
    writeln!(
        f,
        "\tbpf_log(log, \"the module says nothing of writes to this\\n\");"
    )?;
    writeln!(f, "\treturn -EACCES;\n}}")
}

/// Writes the shims between the verifier and the instructions, which Rust has.
fn write_gen(f: &mut fmt::Formatter<'_>, name: &str, which: &str) -> fmt::Result {
    let (parameters, own, passed) = match which {
        "prologue" => (
            ["bool direct_write", "const struct bpf_prog *prog"],
            "struct bpf_insn *insn, const struct bpf_prog *prog",
            "insn, prog",
        ),
        _ => (
            ["const struct bpf_prog *prog", "s16 ctx_stack_off"],
            "struct bpf_insn *insn, const struct bpf_prog *prog, s16 ctx_stack_off",
            "insn, prog, ctx_stack_off",
        ),
    };
    writeln!(f, "\nint {name}__{which}({own});")?;
    write_head(
        f,
        &format!("static int {name}__gen_{which}("),
        &["struct bpf_insn *insn", parameters[0], parameters[1]],
    )?;
    writeln!(f, "\tint cnt = {name}__{which}({passed});\n")?;
    writeln!(
        f,
        "\t/* The verifier knows no errors but this: too many instructions. */"
    )?;
    writeln!(f, "\tif (cnt < 0)\n\t\treturn INSN_BUF_SIZE;")?;
    if which == "prologue" {
        writeln!(f, "\t/* The first one of the program goes behind them. */")?;
        writeln!(f, "\tif (cnt)\n\t\tinsn[cnt++] = prog->insnsi[0];")?;
    }
    writeln!(f, "\treturn cnt;\n}}")
}

/// Writes which helpers programs may call, and returns the function that says so.
fn write_func_proto(
    f: &mut fmt::Formatter<'_>,
    definition: &Definition,
) -> Result<String, fmt::Error> {
    let name = &definition.name;
    let mut cases = String::new();
    for (index, member) in definition.members.iter().enumerate() {
        let Kind::Callback(callback) = &member.kind else {
            continue;
        };
        let denied: Vec<_> = callback
            .denied
            .iter()
            .map(|helper| format!("func_id == BPF_FUNC_{helper}"))
            .collect();
        if !denied.is_empty() {
            writeln!(cases, "\tcase {index}: /* {} */", member.ident)?;
            writeln!(cases, "\t\tif ({})", denied.join(" ||\n\t\t    "))?;
            writeln!(cases, "\t\t\treturn NULL;\n\t\tbreak;")?;
        }
    }
    if cases.is_empty() {
        return Ok("bpf_base_func_proto".to_owned());
    }
    let function = format!("{name}__get_func_proto");
    write_head(
        f,
        &format!("static const struct bpf_func_proto *{function}("),
        &["enum bpf_func_id func_id", "const struct bpf_prog *prog"],
    )?;
    writeln!(f, "\tswitch ((u32)prog->expected_attach_type) {{")?;
    writeln!(
        f,
        "{cases}\t}}\n\treturn bpf_base_func_proto(func_id, prog);\n}}"
    )?;
    Ok(function)
}

/// Writes the verifier's operations.
pub(crate) fn write_verifier_ops(
    f: &mut fmt::Formatter<'_>,
    definition: &Definition,
    structs: &[CStruct],
) -> fmt::Result {
    let name = &definition.name;
    let mut ops = String::new();
    write_head(
        f,
        &format!("static bool {name}__is_valid_access("),
        &[
            "int off, int size, enum bpf_access_type type",
            "const struct bpf_prog *prog",
            "struct bpf_insn_access_aux *info",
        ],
    )?;
    writeln!(
        f,
        "\treturn bpf_tracing_btf_ctx_access(off, size, type, prog, info);\n}}"
    )?;
    let func_proto = write_func_proto(f, definition)?;
    let writable = writable(definition, structs);
    if definition.shares() {
        write_struct_access(f, name, &writable)?;
    }
    if !writable.is_empty() {
        writeln!(ops, "\t.btf_struct_access = {name}__btf_struct_access,")?;
    }
    for (which, has) in [
        (
            "prologue",
            definition.callbacks().any(|c| c.prologue.is_some()),
        ),
        (
            "epilogue",
            definition.callbacks().any(|c| c.epilogue.is_some()),
        ),
    ] {
        if has {
            write_gen(f, name, which)?;
            writeln!(ops, "\t.gen_{which} = {name}__gen_{which},")?;
        }
    }
    writeln!(
        f,
        "\nextern const struct bpf_verifier_ops {name}__verifier_ops;"
    )?;
    writeln!(f, "const struct bpf_verifier_ops {name}__verifier_ops = {{")?;
    writeln!(f, "\t.get_func_proto = {func_proto},")?;
    writeln!(f, "\t.is_valid_access = {name}__is_valid_access,\n{ops}}};")
}
