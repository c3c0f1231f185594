// SPDX-License-Identifier: GPL-2.0

//! The command line.

#![forbid(unsafe_code)]

use std::env;
use std::io::{
    self,
    Read, //
};
use std::mem::MaybeUninit;
use std::process::ExitCode;

use anyhow::{
    bail,
    Context,
    Result, //
};
use quota_loader::demo;
use quota_loader::policy::Policies;
use struct_ops_user::check;

const USAGE: &str = "\
usage: quota-loader attach POOL POLICY
           gives the pool POOL of quota.ko a policy, `generous` or `strict`, until standard
           input ends
       quota-loader demo MODULE
           replaces a policy while tasks are asking it, with the module in the file MODULE";

fn attach(pool: &str, policy: &str) -> Result<()> {
    check::environment()?;
    let pool = pool.parse().context("POOL is a number")?;
    let mut storage = MaybeUninit::uninit();
    let mut policies = Policies::load(&mut storage, pool)?;
    let _link = policies
        .map(policy)?
        .attach_struct_ops()
        .with_context(|| format!("cannot attach {policy} to the pool {pool}"))?;

    println!("{policy}: policy of the pool {pool}");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();

    libbpf_rs::set_print(None);
    match words[..] {
        ["attach", pool, policy] => attach(pool, policy),
        ["demo", module] => demo::tell(module.as_ref(), |what, outcome| {
            println!("  {what:<22}{outcome}");
        }),
        _ => bail!("{USAGE}"),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("quota-loader: {err:#}");
            ExitCode::FAILURE
        }
    }
}
