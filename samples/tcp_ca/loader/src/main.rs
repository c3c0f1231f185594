// SPDX-License-Identifier: GPL-2.0

//! The command line.

#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use anyhow::{
    bail,
    Context,
    Result, //
};
use libbpf_rs::{
    MapCore,
    ObjectBuilder, //
};
use struct_ops_user::kmod::Module;
use struct_ops_user::Attached;
use tcp_ca_loader::link::SlowLink;
use tcp_ca_loader::measure::measure;
use tcp_ca_loader::picture::draw;
use tcp_ca_loader::OBJECT;

const USAGE: &str = "\
usage: tcp-ca-loader picture MODULE
           inserts tcp_ca.ko, which is the file MODULE, and transfers over a slow link with one
           congestion control, then with the other; prints throughput and window as SVG";

const CONTROLS: [&str; 2] = ["aimd", "steady"];

fn picture(module: &str) -> Result<()> {
    let _module = Module::new(module.as_ref())?.insert()?;
    let mut object = ObjectBuilder::default()
        .open_memory(OBJECT)?
        .load()
        .context("cannot load the congestion controls")?;
    let _attached = object
        .maps_mut()
        .filter(|map| CONTROLS.iter().any(|name| map.name() == *name))
        .map(|mut map| Ok(Attached::attach(&mut map)?))
        .collect::<Result<Vec<_>>>()?;
    let _link = SlowLink::new()?;
    println!("<!-- SPDX-License-Identifier: GPL-2.0 -->");
    println!("{}", draw(&measure(CONTROLS)?, CONTROLS)?);
    Ok(())
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["picture", module] => picture(module),
        _ => bail!("{USAGE}"),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("tcp-ca-loader: {err:#}");
            ExitCode::FAILURE
        }
    }
}
