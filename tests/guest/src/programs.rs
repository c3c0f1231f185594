// SPDX-License-Identifier: GPL-2.0

//! Objects with many programs, of which a test loads a few.

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::{
    Object,
    ObjectBuilder,
    ProgramInput, //
};

/// Loads these programs of an object, with these maps.
pub fn load(object: &[u8], programs: &[&str], maps: &[&str]) -> Result<Object> {
    let mut builder = ObjectBuilder::default();
    let mut object = builder.open_memory(object)?;
    for mut map in object.maps_mut() {
        let wanted = maps.iter().any(|name| map.name() == *name);
        map.set_autocreate(wanted)?;
    }
    for mut program in object.progs_mut() {
        let wanted = programs.iter().any(|name| program.name() == *name);
        program.set_autoload(wanted);
    }
    Ok(object.load()?)
}

/// Runs a program that has been loaded; returns what it returns.
pub fn run(object: &Object, name: &str) -> Result<i32> {
    let program = object.progs_mut().find(|each| each.name() == name);
    let program = program.with_context(|| format!("no program {name}"))?;
    let output = program.test_run(ProgramInput::default())?;
    Ok(output.return_value as i32)
}
