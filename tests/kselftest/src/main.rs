// SPDX-License-Identifier: GPL-2.0

//! Puts the results of `test_progs` side by side and judges them.
//!
//! `kselftest-table [--ktap] [--part] NAME=FILE...` reads KTAP as `run.sh` prints it, a file for
//! each column. The columns are ordered: in no row may a column be worse than one to its left. Those
//! rows are named, and the exit status tells whether there are any.
//!
//! - `--ktap` prints the last column as KTAP, where a row that is worse has failed, instead of the
//!   table.
//! - `--part` leaves out the rows that only the first column has, because only some of the tests
//!   were selected in the others.

#![forbid(unsafe_code)]

mod column;
mod table;

use std::env;
use std::fs;
use std::process::ExitCode;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use column::Column;
use table::Table;

const USAGE: &str = "usage: kselftest-table [--ktap] [--part] NAME=FILE...";

fn run() -> Result<bool> {
    let (options, files): (Vec<_>, Vec<_>) =
        env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let given = |option: &str| options.iter().any(|each| each == option);
    let known = options
        .iter()
        .all(|each| each == "--ktap" || each == "--part");
    ensure!(known && !files.is_empty(), "{USAGE}");

    let columns = files
        .iter()
        .map(|arg| {
            let (name, path) = arg.split_once('=').context(USAGE)?;
            let text = fs::read_to_string(path).with_context(|| path.to_owned())?;
            Ok(Column::parse(name, &text))
        })
        .collect::<Result<Vec<_>>>()?;
    let table = Table::new(columns, given("--part"));

    if given("--ktap") {
        print!("{}", table.ktap());
    } else {
        print!("{table}");
    }
    for complaint in table.complaints() {
        eprintln!("{complaint}");
    }
    Ok(table.complaints().is_empty())
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("kselftest-table: {err:#}");
            ExitCode::FAILURE
        }
    }
}
