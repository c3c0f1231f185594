// SPDX-License-Identifier: GPL-2.0

//! Writes the C side of a table: the struct, its value type, and the stubs of its callbacks.

use crate::{
    callback::{
        Argument,
        Callback,
        Presence, //
    },
    definition::{
        doc_text,
        Definition,
        Kind,
        Member, //
    },
    types::{
        Data,
        Output, //
    }, //
};
use std::fmt::{
    self,
    Write, //
};

pub(crate) fn declare(data: &Data, name: &str) -> String {
    match data {
        Data::Scalar(_, c) => format!("{c} {name}"),
        Data::Array(_, c, len) => format!("{c} {name}[{len}]"),
        Data::Struct(to) => format!("struct {} {name}", to.name),
    }
}

/// The return type, ready to stand before a name.
pub(crate) fn returns(output: &Output) -> String {
    match output {
        Output::Nothing => "void ".to_owned(),
        Output::Integer(_, c) => format!("{c} "),
        Output::Owned(_, to) => format!("struct {} *", to.name),
    }
}

/// The parameter list; stubs tag the names with the verifier's suffixes.
fn parameters(callback: &Callback, tagged: bool) -> String {
    if callback.arguments.is_empty() {
        return "void".to_owned();
    }
    let declare = |a: &Argument| {
        let suffix = if tagged { a.passing.suffix() } else { "" };
        a.passing.declare(&format!("{}{suffix}", a.ident))
    };
    let list: Vec<_> = callback.arguments.iter().map(declare).collect();
    list.join(", ")
}

fn write_docs(f: &mut fmt::Formatter<'_>, member: &Member) -> fmt::Result {
    let lines: Vec<_> = member.docs.iter().filter_map(doc_text).collect();
    match lines.as_slice() {
        [] => Ok(()),
        [line] => writeln!(f, "\t/* {} */", line.replace("*/", "* /")),
        lines => {
            writeln!(f, "\t/*")?;
            for line in lines {
                let text = line.replace("*/", "* /");
                writeln!(f, "{}", format!("\t * {text}").trim_end())?;
            }
            writeln!(f, "\t */")
        }
    }
}

/// Writes the table and the value type. The kernel finds both by name.
pub(crate) fn write_table(f: &mut fmt::Formatter<'_>, definition: &Definition) -> fmt::Result {
    let name = &definition.name;
    writeln!(f, "\nstruct {name} {{")?;
    for member in &definition.members {
        let ident = &member.ident;
        write_docs(f, member)?;
        match &member.kind {
            Kind::Callback(c) => {
                let (ret, args) = (returns(&c.output), parameters(c, false));
                writeln!(f, "\t{ret}(*{ident})({args});")?;
            }
            Kind::Value(data) | Kind::Private(data) => {
                writeln!(f, "\t{};", declare(data, &ident.to_string()))?;
            }
            Kind::Owner => writeln!(f, "\tstruct module *{ident};")?,
        }
    }
    writeln!(f, "}};\n")?;
    writeln!(f, "/* What user space writes into a map of this type. */")?;
    writeln!(f, "struct bpf_struct_ops_{name} {{")?;
    writeln!(f, "\tstruct bpf_struct_ops_common_value common;")?;
    writeln!(f, "\tstruct {name} data ____cacheline_aligned_in_smp;")?;
    writeln!(f, "}};\n")?;
    writeln!(
        f,
        "/* Compilers describe what is used: this uses the value type. */"
    )?;
    writeln!(f, "static void __used {name}__emit_btf(void)")?;
    writeln!(f, "{{\n\tBTF_TYPE_EMIT(struct bpf_struct_ops_{name});\n}}")
}

/// Writes a stub per callback and the table of stubs.
pub(crate) fn write_stubs(f: &mut fmt::Formatter<'_>, definition: &Definition) -> fmt::Result {
    let name = &definition.name;
    let mut table = String::new();
    for member in &definition.members {
        let Kind::Callback(callback) = &member.kind else {
            continue;
        };
        if callback.presence == Presence::Unsupported {
            continue;
        }
        let ident = &member.ident;
        let (ret, args) = (returns(&callback.output), parameters(callback, true));
        let body = match callback.output {
            Output::Nothing => "",
            Output::Integer(..) => "\treturn 0;\n",
            Output::Owned(..) => "\treturn NULL;\n",
        };
        writeln!(f, "\nstatic {ret}{name}__{ident}({args})\n{{\n{body}}}")?;
        writeln!(table, "\t.{ident} = {name}__{ident},")?;
    }
    writeln!(f, "\nextern const struct {name} {name}__stubs;")?;
    writeln!(f, "const struct {name} {name}__stubs = {{\n{table}}};")
}
