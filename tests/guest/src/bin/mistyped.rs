// SPDX-License-Identifier: GPL-2.0

//! Has `mistyped.ko` call a program through a trampoline of the wrong type.
//!
//! `mistyped MODULE` returns if nothing checks that. With kCFI the kernel dies in it.

#![forbid(unsafe_code)]

use std::env;

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::ObjectBuilder;
use struct_ops_user::kmod::Module;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/mistyped.o"));

fn main() -> Result<()> {
    let path = env::args().nth(1).context("usage: mistyped MODULE")?;
    let _module = Module::new(path.as_ref())?.insert()?;
    let mut object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;
    let mut map = object.maps_mut().next().context("no map")?;

    drop(map.attach_struct_ops()?);
    Ok(())
}
