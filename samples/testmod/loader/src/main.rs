// SPDX-License-Identifier: GPL-2.0

//! The command line.

#![forbid(unsafe_code)]

use std::env;
use std::io::{
    self,
    Read, //
};
use std::path::{
    Path,
    PathBuf, //
};
use std::process::ExitCode;

use anyhow::{
    bail,
    Context,
    Result, //
};
use libbpf_rs::PrintLevel;
use testmod_loader::object::Loaded;
use testmod_loader::{
    story,
    types, //
};

const USAGE: &str = "\
usage: testmod-loader [-v] attach OBJECT [PIN]
           loads the BPF object file OBJECT and attaches its struct_ops maps until
           standard input ends, or pins the links into the bpffs directory PIN
       testmod-loader [-v] demo MODULE
           tells the life of the struct_ops type in bpf_testmod.ko
       testmod-loader [-v] types
           lists the struct_ops types that are registered, and how many maps and links
           each has
       -v  shows what libbpf and the verifier say";

enum Command {
    Attach(PathBuf, Option<PathBuf>),
    Demo(PathBuf),
    Types,
}

fn parse(args: &[String]) -> Result<(bool, Command)> {
    let (verbose, rest) = match args.split_first() {
        Some((first, rest)) if first == "-v" => (true, rest),
        _ => (false, args),
    };
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let command = match words[..] {
        ["attach", object] => Command::Attach(object.into(), None),
        ["attach", object, pin] => Command::Attach(object.into(), Some(pin.into())),
        ["demo", module] => Command::Demo(module.into()),
        ["types"] => Command::Types,
        _ => bail!("{USAGE}"),
    };
    Ok((verbose, command))
}

fn attach(object: &Path, pin: Option<&Path>) -> Result<()> {
    let mut loaded = Loaded::open(object)?;
    let mut links = loaded.attach()?;

    for (link, what) in links.iter_mut().zip(loaded.implementations()) {
        println!("{}: {} of {}", what.map, what.kind, what.offered_by);
        if let Some(dir) = pin {
            let path = dir.join(&what.map);
            link.pin(&path)
                .with_context(|| format!("cannot pin {}: is it in a bpffs?", path.display()))?;
        }
    }
    if pin.is_none() {
        io::stdin().read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

fn print_types() -> Result<()> {
    let types = types::list()?;

    println!("{}", types::HEAD);
    for each in types {
        println!("{each}");
    }
    Ok(())
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (verbose, command) = parse(&args)?;

    // What libbpf says is for people who debug; the errors below are for everybody.
    libbpf_rs::set_print(verbose.then_some((PrintLevel::Debug, |_, text| eprint!("{text}"))));
    match command {
        Command::Attach(object, pin) => attach(&object, pin.as_deref()),
        Command::Demo(module) => story::tell(&module),
        Command::Types => print_types(),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("testmod-loader: {err:#}");
            ExitCode::FAILURE
        }
    }
}
