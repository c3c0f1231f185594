// SPDX-License-Identifier: GPL-2.0

//! Host program: reads the definitions in a module's Rust sources, prints the module's C unit.
//!
//! The arguments are the kernel (`vmlinux`, for what it has), the module's source directory and the files,
//! relative to that.
//!
//! A definition that does not parse is left out and not reported: the same parser runs again in
//! the procedural macro, where the compiler can point at the author's line.

mod c_filter;
mod c_kfuncs;
// Shared with `lib.rs`, which uses other parts of them.
#[allow(dead_code)]
mod c_struct;
mod c_table;
mod c_unit;
mod c_verifier;
#[allow(dead_code)]
mod callback;
#[allow(dead_code)]
mod definition;
mod flags;
mod kfunc;
mod names;
#[allow(dead_code)]
mod passing;
#[allow(dead_code)]
mod types;
mod vmlinux;

use c_struct::CStruct;
use c_unit::Unit;
use definition::Definition;
use kfunc::Kfunc;
use std::{
    collections::BTreeSet,
    env,
    fs,
    path::PathBuf,
    process::ExitCode, //
};
use syn::Item;
use vmlinux::Vmlinux;

fn collect(unit: &mut Unit, items: &[Item]) {
    for item in items {
        match item {
            Item::Struct(item) => {
                if let Some(Ok(definition)) = Definition::find(item) {
                    unit.definitions.push(definition);
                } else if let Some(Ok(c_struct)) = CStruct::find(item) {
                    unit.structs.push(c_struct);
                }
            }
            Item::Fn(item) => {
                if let Some(Ok(kfunc)) = Kfunc::find(item) {
                    unit.kfuncs.push(kfunc);
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect(unit, items);
                }
            }
            _ => {}
        }
    }
}

/// The names of structs and kfuncs that programs would take for the kernel's.
fn in_kernel(vmlinux: &str, unit: &Unit) -> std::io::Result<BTreeSet<String>> {
    let vmlinux = Vmlinux::read(vmlinux)?;
    let mut names = vmlinux.structs_like(&unit.structs)?;
    names.append(&mut vmlinux.symbols_like(&unit.kfuncs)?);
    Ok(names)
}

fn main() -> ExitCode {
    let mut unit = Unit::default();
    let mut args = env::args().skip(1);
    let vmlinux = args.next().unwrap_or_default();
    let root = PathBuf::from(args.next().unwrap_or_default());
    for source in args {
        match fs::read_to_string(root.join(&source)) {
            Ok(text) => {
                if let Ok(file) = syn::parse_file(&text) {
                    collect(&mut unit, &file.items);
                }
            }
            Err(error) => {
                eprintln!("{source}: {error}");
                return ExitCode::FAILURE;
            }
        }
        unit.sources.push(source);
    }
    match in_kernel(&vmlinux, &unit) {
        Ok(names) => unit.in_kernel = names,
        Err(error) => {
            eprintln!("{vmlinux}: cannot read what the kernel has: {error}");
            return ExitCode::FAILURE;
        }
    }
    print!("{unit}");
    ExitCode::SUCCESS
}
