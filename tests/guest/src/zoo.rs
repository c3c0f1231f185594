// SPDX-License-Identifier: GPL-2.0

//! Members, arguments and results of each kind that struct_ops types have.

use anyhow::Result;
use libbpf_rs::Object;
use rustix::io::Errno;

use crate::env::{
    expect,
    expect_errno,
    Env,
    ZOO, //
};
use crate::libbpf::map;
use crate::programs::{
    self,
    run, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![
    optional_callbacks_tell_whether_they_are_there,
    any_number_is_a_bool,
];

/// Loads these programs, with these maps.
fn load(programs: &[&str], maps: &[&str]) -> Result<Object> {
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/zoo.o"));
    programs::load(object, programs, maps)
}

fn optional_callbacks_tell_whether_they_are_there(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    for (name, program, bits) in [("asks", "prog_asked", 1), ("tells", "prog_told", 2)] {
        let mut object = load(&[program, "present"], &[name])?;
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect(name, run(&object, "present")?, bits)?;
    }
    expect_errno(
        "neither",
        load(&[], &["does_neither"])
            .and_then(|mut object| Ok(map(&mut object, "does_neither")?.attach_struct_ops()?)),
        Errno::INVAL,
    )
}

fn any_number_is_a_bool(env: &Env) -> Result<()> {
    let _module = env.module(ZOO)?.insert()?;
    // A bit for each of 0, 1, 2, 256 and -1.
    for (name, program, bits) in [
        ("agreed", "prog_agrees", 0b11110),
        ("disagreed", "prog_disagrees", 0b01111),
        ("left", "prog_as_it_is", 0b11110),
    ] {
        let mut object = load(&[program, "verdicts"], &[name])?;
        let _link = map(&mut object, name)?.attach_struct_ops()?;
        expect(name, run(&object, "verdicts")?, bits)?;
    }
    Ok(())
}
