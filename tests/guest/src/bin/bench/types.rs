// SPDX-License-Identifier: GPL-2.0

//! What types cost when there are many of them: those of `bench_types.c`.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::libbpf_sys::BTF_KIND_STRUCT;
use struct_ops_user::btf::{
    aim,
    kind,
    Btf, //
};
use struct_ops_user::kmod::Inserted;

use crate::control::{
    several,
    Control, //
};
use crate::{
    command,
    insert,
    median,
    print,
    timed,
    Memory,
    MODULES,
    ROUNDS, //
};

const FILE: &str = "/sys/kernel/debug/bench_types/types";
/// So many are registered one after the other, for one number.
const WINDOW: usize = 5;

/// The instructions for one of [`WINDOW`] changes.
fn change(sign: &str) -> std::io::Result<f64> {
    let mut taken = vec![];
    for _ in 0..WINDOW {
        timed(&mut taken, || fs::write(FILE, sign))?;
    }
    Ok(median(&mut taken))
}

/// The struct `name`, and its size.
fn find(btf: &Btf, name: &str) -> Result<(u32, u32)> {
    let id = (1..btf.end()).rev().find(|id| {
        btf.get(*id).is_some_and(|ty| {
            kind(ty) == BTF_KIND_STRUCT && btf.name(ty).to_bytes() == name.as_bytes()
        })
    });
    let id = id.with_context(|| name.to_owned())?;
    Ok((id, btf.get(id).map_or(0, aim)))
}

/// The type with this number.
fn control(btf: &Btf, file: &OwnedFd, like: &Control, number: usize) -> Result<Control> {
    let name = format!("bench_type_{number:03}");
    let (type_id, _) = find(btf, &name)?;
    let (value_id, size) = find(btf, &format!("bpf_struct_ops_{name}"))?;
    Control::new(like.kind.like("bench_type", type_id, value_id, size)?, file)
}

pub fn rows(modules: &Path, inserted: &[(Inserted, OwnedFd); 2]) -> Result<()> {
    let (module, file) = insert(modules, "types")?;
    let btf = Btf::of_kernel()?.parse_on(Path::new("/sys/kernel/btf/bench_types"))?;
    let (_object, [(_, like), _]) = several(inserted)?;
    let mut registered = 0;
    for types in [1, 10, 100, 1000] {
        // One number is of the types around it; there are no more than a thousand.
        let first = types.min(1000 - WINDOW);
        let (before, few) = (Memory::now()?, registered);
        while registered < first {
            fs::write(FILE, "+")?;
            registered += 1;
        }
        print(&format!("register, {types} types"), "c", change("+")?);
        registered += WINDOW;
        if types == 1000 {
            before.print_since("bytes of a type", "c", registered - few)?;
        }
        // A kernel without the series cannot.
        if let Ok(instructions) = change("-") {
            print(&format!("unregister, {types} types"), "c", instructions);
            change("+")?;
            for of in MODULES {
                let row = |what: &str, other: &str| -> Result<f64> {
                    let mut taken = vec![];
                    for _ in 0..ROUNDS {
                        timed(&mut taken, || command(of, what))?;
                        command(of, other)?;
                    }
                    Ok(median(&mut taken))
                };
                let when = format!("of another module, {types} types");
                print(
                    &format!("register, {when}"),
                    of,
                    row("register", "unregister")?,
                );
                command(of, "register")?;
                print(
                    &format!("unregister, {when}"),
                    of,
                    row("unregister", "register")?,
                );
                command(of, "unregister")?;
            }
        }
        control(&btf, &file, &like, registered - 1)?.rows("c", &format!("{types} types"))?;
    }
    std::mem::forget(module);
    Ok(())
}
