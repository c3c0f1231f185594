// SPDX-License-Identifier: GPL-2.0

//! Runs tests and reports them as KTAP, version 1.

use std::fmt::{
    self,
    Display,
    Formatter, //
};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{
    Error,
    Result, //
};

use crate::env::Env;

/// One test: it passes when it returns [`Ok`] and leaves nothing behind.
pub struct Test {
    pub name: &'static str,
    pub run: fn(&Env) -> Result<()>,
}

/// Tests that belong together.
pub struct Group {
    pub name: &'static str,
    pub tests: &'static [Test],
}

/// Lists functions as tests, each under its own name.
#[macro_export]
macro_rules! tests {
    ($($function:ident),* $(,)?) => {
        &[$($crate::ktap::Test { name: stringify!($function), run: $function }),*]
    };
}

/// The error of a test that cannot be run here.
#[derive(Debug)]
pub struct Skip(pub String);

impl Display for Skip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skip {}

#[derive(Default)]
struct Totals {
    pass: u32,
    fail: u32,
    skip: u32,
}

impl Totals {
    /// Prints the line of one result and counts it.
    fn report(&mut self, indent: &str, number: usize, name: &str, result: Result<()>) {
        match result {
            Ok(()) => {
                self.pass += 1;
                println!("{indent}ok {number} {name}");
            }
            Err(err) if err.is::<Skip>() => {
                self.skip += 1;
                println!("{indent}ok {number} {name} # SKIP {err}");
            }
            Err(err) => {
                self.fail += 1;
                println!("{indent}not ok {number} {name} # {}", one_line(&err));
            }
        }
    }
}

fn one_line(err: &Error) -> String {
    format!("{err:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs the tests of `groups` whose name contains `filter`; the exit status tells whether all passed.
fn run(env: &Env, groups: &[Group], filter: &str) -> ExitCode {
    let chosen = |group: &Group| -> Vec<&'static Test> {
        let tests = group.tests.iter();
        tests.filter(|test| test.name.contains(filter)).collect()
    };
    let groups: Vec<_> = groups
        .iter()
        .map(|group| (group.name, chosen(group)))
        .filter(|(_, tests)| !tests.is_empty())
        .collect();
    let mut totals = Totals::default();

    println!("KTAP version 1\n1..{}", groups.len());
    for (number, (name, tests)) in groups.iter().enumerate() {
        let failed = totals.fail;

        println!(
            "    KTAP version 1\n    # Subtest: {name}\n    1..{}",
            tests.len()
        );
        for (number, test) in tests.iter().enumerate() {
            let result = (test.run)(env);
            let result = result.and(env.leftovers());
            totals.report("    ", number + 1, test.name, result);
        }
        let verdict = if totals.fail == failed {
            "ok"
        } else {
            "not ok"
        };
        println!("{verdict} {} {name}", number + 1);
    }
    let Totals { pass, fail, skip } = totals;
    println!("# Totals: pass:{pass} fail:{fail} xfail:0 xpass:0 skip:{skip} error:0");

    if fail == 0 && pass > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs tests with the modules in `modules`, or reports that no test can be run here.
pub fn main(modules: &Path, groups: &[Group], filter: &str) -> ExitCode {
    // What libbpf says about the errors that are provoked here would only look like failures.
    libbpf_rs::set_print(None);
    match Env::new(modules) {
        Ok(env) => run(&env, groups, filter),
        Err(reason) => {
            println!("KTAP version 1\n1..0 # SKIP {}", one_line(&reason));
            ExitCode::FAILURE
        }
    }
}
