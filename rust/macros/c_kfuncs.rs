// SPDX-License-Identifier: GPL-2.0

//! Writes the C side of kfuncs.
//!
//! Programs find a kfunc, its arguments and its flags in BTF, which Rust does not have: each gets a
//! C function that calls the Rust one.

use crate::{
    c_filter::write_filter,
    c_table::returns,
    definition::Definition,
    kfunc::{
        Argument,
        Kfunc,
        PROGRAMS, //
    },
    passing::Passing,
    types::Output, //
};
use std::fmt::{
    self,
    Write, //
};

/// Writes all kfuncs of a module, and the function that announces them.
pub(crate) fn write_kfuncs(
    f: &mut fmt::Formatter<'_>,
    kfuncs: &[Kfunc],
    definitions: &[Definition],
) -> fmt::Result {
    if kfuncs.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n__bpf_kfunc_start_defs();")?;
    for kfunc in kfuncs {
        write_shim(f, kfunc)?;
    }
    writeln!(f, "\n__bpf_kfunc_end_defs();")?;

    write_filter(f, kfuncs, definitions)?;
    let mut registrations = String::new();
    // Those of one set have one filter, so what is for some types is in a set for all programs.
    for (program, c_type) in PROGRAMS.iter().chain(&[("only", "BPF_PROG_TYPE_UNSPEC")]) {
        let callable = |k: &&Kfunc| match *program {
            "only" => !k.options.only.is_empty(),
            program => k.options.programs.contains(&program),
        };
        let mut callable = kfuncs.iter().filter(callable).peekable();
        if callable.peek().is_none() {
            continue;
        }
        let set = format!("struct_ops_kfuncs__{program}");
        writeln!(f, "\nBTF_KFUNCS_START({set}_ids)")?;
        for kfunc in callable {
            let (name, flags) = (&kfunc.item.sig.ident, kfunc.flags());
            let comma = if flags.is_empty() { "" } else { ", " };
            writeln!(f, "BTF_ID_FLAGS(func, {name}{comma}{flags})")?;
        }
        writeln!(f, "BTF_KFUNCS_END({set}_ids)")?;
        writeln!(f, "\nstatic const struct btf_kfunc_id_set {set} = {{")?;
        writeln!(f, "\t.owner = THIS_MODULE,\n\t.set = &{set}_ids,")?;
        if *program == "only" {
            writeln!(f, "\t.filter = struct_ops_kfuncs__filter,")?;
        }
        writeln!(f, "}};")?;
        writeln!(registrations, "\tif (!ret)")?;
        writeln!(
            registrations,
            "\t\tret = register_btf_kfunc_id_set({c_type}, &{set});"
        )?;
    }
    writeln!(
        f,
        "\n/* BPF takes no lock for this: it must be over when programs can find the module. */"
    )?;
    writeln!(f, "int struct_ops_kfuncs__register(void);")?;
    writeln!(f, "int struct_ops_kfuncs__register(void)\n{{")?;
    writeln!(f, "\tstatic atomic_t registered;\n\tint ret = 0;\n")?;
    writeln!(f, "\tif (THIS_MODULE->state != MODULE_STATE_COMING)")?;
    writeln!(f, "\t\treturn -EPERM;")?;
    writeln!(f, "\tif (atomic_xchg(&registered, 1))")?;
    writeln!(f, "\t\treturn -EEXIST;")?;
    writeln!(f, "{registrations}\treturn ret;\n}}")
}

/// The verifier reads its rules from the name.
fn argument_name(argument: &Argument) -> String {
    let suffix = argument.passing.as_ref().map_or("", Passing::suffix);
    format!("{}{suffix}", argument.ident)
}

/// Writes the function that programs call.
fn write_shim(f: &mut fmt::Formatter<'_>, kfunc: &Kfunc) -> fmt::Result {
    let name = &kfunc.item.sig.ident;
    let ret = returns(&kfunc.output);
    let parameters: Vec<_> = kfunc
        .arguments
        .iter()
        .map(|a| match &a.passing {
            Some(passing) => passing.declare(&argument_name(a)),
            None => format!("struct bpf_prog_aux *{}", a.ident),
        })
        .collect();
    let parameters = match parameters.as_slice() {
        [] => "void".to_owned(),
        parameters => parameters.join(", "),
    };
    let names: Vec<_> = kfunc.arguments.iter().map(argument_name).collect();
    let call = match kfunc.output {
        Output::Nothing => "",
        _ => "return ",
    };
    writeln!(f, "\n{ret}{name}__rust({parameters});")?;
    writeln!(f, "__bpf_kfunc {ret}{name}({parameters})")?;
    writeln!(f, "{{\n\t{call}{name}__rust({});\n}}", names.join(", "))
}
