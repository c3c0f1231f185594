// SPDX-License-Identifier: GPL-2.0

//! Writes the C side of kfuncs.
//!
//! Programs find a kfunc, its arguments and its flags in BTF, which Rust does not have: each gets a
//! C function that calls the Rust one.

use crate::{
    c_filter::write_filter,
    c_struct::CStruct,
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
    structs: &[CStruct],
) -> fmt::Result {
    let refcounted: Vec<_> = structs.iter().filter(|s| s.refcounted).collect();
    if kfuncs.is_empty() && refcounted.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n__bpf_kfunc_start_defs();")?;
    for kfunc in kfuncs {
        write_shim(f, kfunc)?;
    }
    for item in &refcounted {
        write_destructor(f, &item.name)?;
    }
    writeln!(f, "\n__bpf_kfunc_end_defs();")?;

    write_filter(f, kfuncs, definitions)?;
    let mut registrations = String::new();
    if !refcounted.is_empty() {
        write_destructors(f, &refcounted)?;
        writeln!(registrations, "\tret = struct_ops_dtors__register();")?;
    }
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

/// The verifier reads its rules from the name. What is released it knows by a flag.
fn argument_name(argument: &Argument) -> String {
    let suffix = match &argument.passing {
        None | Some(Passing::Owned(_)) => "",
        Some(passing) => passing.suffix(),
    };
    format!("{}{suffix}", argument.ident)
}

/// Writes what drops a reference that a program has left in a map.
fn write_destructor(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    writeln!(f, "\nvoid {name}__drop(struct {name} *object);")?;
    writeln!(f, "__bpf_kfunc void {name}__dtor(void *object)")?;
    writeln!(f, "{{\n\t{name}__drop(object);\n}}")?;
    writeln!(f, "CFI_NOSEAL({name}__dtor);")?;
    writeln!(
        f,
        "/* BPF finds it by its name, in all modules; what is exported can be there only once. */"
    )?;
    writeln!(f, "EXPORT_SYMBOL_GPL({name}__dtor);")
}

/// Writes the function that announces the destructors. It can be called once.
fn write_destructors(f: &mut fmt::Formatter<'_>, refcounted: &[&CStruct]) -> fmt::Result {
    writeln!(f, "\nBTF_ID_LIST(struct_ops_dtors__ids)")?;
    let mut table = String::new();
    for (i, item) in refcounted.iter().enumerate() {
        writeln!(f, "BTF_ID(struct, {})", item.name)?;
        writeln!(f, "BTF_ID(func, {}__dtor)", item.name)?;
        writeln!(
            table,
            "\t\t{{ struct_ops_dtors__ids[{}], struct_ops_dtors__ids[{}] }},",
            2 * i,
            2 * i + 1
        )?;
    }
    writeln!(f, "\nstatic int struct_ops_dtors__register(void)\n{{")?;
    writeln!(
        f,
        "\tconst struct btf_id_dtor_kfunc dtors[] = {{\n{table}\t}};\n"
    )?;
    writeln!(
        f,
        "\treturn register_btf_id_dtor_kfuncs(dtors, ARRAY_SIZE(dtors), THIS_MODULE);\n}}"
    )
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
