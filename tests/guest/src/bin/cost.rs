// SPDX-License-Identifier: GPL-2.0

//! `cost MODULES`: what a call through a slot costs, in Rust and in C.
//!
//! To be run as root in a guest in which a nanosecond is an instruction (QEMU's `-icount shift=0`).

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{
    Context,
    Result, //
};
use libbpf_rs::{
    MapCore,
    ObjectBuilder, //
};
use struct_ops_user::kmod::Module;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cost.o"));

/// Of the modules: calls for each time the file is written to.
const CALLS: u32 = 10_000;
/// Few enough instructions that most rounds are free of timer interrupts.
const ROUNDS: u32 = 20;

/// Instructions for each call, once.
fn measure(file: &str) -> Result<f64> {
    let start = Instant::now();
    fs::write(file, "1").with_context(|| file.to_owned())?;
    Ok(start.elapsed().as_nanos() as f64 / f64::from(CALLS))
}

fn main() -> Result<()> {
    let modules = std::env::args().nth(1).context("usage: cost MODULES")?;
    let _modules = ["cost_c", "cost_rust"]
        .map(|name| {
            let path = Path::new(&modules).join(format!("{name}.ko"));
            Module::new(&path)?.insert()
        })
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let mut object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;
    let _links = object
        .maps_mut()
        .filter(|map| map.name().as_encoded_bytes().starts_with(b"cost_"))
        .map(|mut map| map.attach_struct_ops())
        .collect::<Result<Vec<_>, _>>()?;

    let (mut c, mut rust) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        c = c.min(measure("/sys/kernel/debug/cost_c/run")?);
        rust = rust.min(measure("/sys/kernel/debug/cost_rust/run")?);
    }
    println!("instructions per call, the least of {ROUNDS} rounds of {CALLS} calls each:");
    println!("  C     {c:.2}");
    println!("  Rust  {rust:.2}");
    println!("  ratio {:.3}", rust / c);
    Ok(())
}
