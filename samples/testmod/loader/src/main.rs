// SPDX-License-Identifier: GPL-2.0

//! The command line.

#![forbid(unsafe_code)]

use std::env;
use std::path::Path;
use std::process::ExitCode;

use testmod_loader::story;

const USAGE: &str = "\
usage: testmod-demo MODULE
           tells the life of the struct_ops type in bpf_testmod.ko";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [module] = &args[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    // What libbpf says is for people who debug; the errors are for everybody.
    libbpf_rs::set_print(None);
    match story::tell(Path::new(module)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("testmod-demo: {err:#}");
            ExitCode::FAILURE
        }
    }
}
