// SPDX-License-Identifier: GPL-2.0

//! Aliases, conditions, macros and namesakes mean to programs what they mean to rustc.

use std::process::Command;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use libbpf_rs::Object;
use rustix::io::Errno;

use crate::env::{
    expect,
    expect_errno,
    Env,
    SPELLING, //
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
    all_spellings_are_called,
    alias_is_checked_as_what_it_is_for,
    members_keep_their_rules_behind_one_that_is_left_out,
    what_is_configured_out_is_not_there,
    struct_is_not_taken_for_one_of_the_kernel,
    memory_that_is_not_aligned_is_refused,
];

/// Loads these programs, with these maps.
fn load(programs: &[&str], maps: &[&str]) -> Result<Object> {
    let object = include_bytes!(concat!(env!("OUT_DIR"), "/spelling.o"));
    programs::load(object, programs, maps)
}

/// Loads the program of one map, with that map.
fn load_one(name: &str) -> Result<Object> {
    load(&[&format!("prog_{name}")], &[name])
}

fn all_spellings_are_called(env: &Env) -> Result<()> {
    let _module = env.module(SPELLING)?.insert()?;
    let programs = [
        "prog_looks",
        "prog_matches",
        "prog_picks",
        "prog_answers",
        "runs",
    ];
    let mut object = load(&programs, &["spelt", "made", "namesake"])?;
    let _spelt = map(&mut object, "spelt")?.attach_struct_ops()?;
    let _made = map(&mut object, "made")?.attach_struct_ops()?;
    let _namesake = map(&mut object, "namesake")?.attach_struct_ops()?;

    let looked = (10 + 5) + (10 + 5 + 1);
    let matched = (20 + 1) + 30 + 100 + 8;
    let changed = 2000; // A byte of 2 is true, and the module has made it 0.
    let made = 1 + 1000;
    let asked = 300 - 1 + 7;
    expect(
        "the sum",
        run(&object, "runs")?,
        looked + matched + changed + made + asked,
    )
}

fn alias_is_checked_as_what_it_is_for(env: &Env) -> Result<()> {
    let _module = env.module(SPELLING)?.insert()?;
    // Both may be NULL, and the programs do not look.
    for name in ["looks_at_nothing", "follows_nothing"] {
        expect_errno(name, load_one(name), Errno::ACCESS)?;
    }
    Ok(())
}

fn members_keep_their_rules_behind_one_that_is_left_out(env: &Env) -> Result<()> {
    let _module = env.module(SPELLING)?.insert()?;
    load(&["prog_asks_for_the_time"], &["asks_for_the_time"]).context("without #[deny]")?;
    let refused = |name, errno| expect_errno(name, load_one(name), errno);
    refused("match_asks_for_the_time", Errno::INVAL)?;
    refused("writes_b", Errno::ACCESS)?;
    refused("answers_for_match", Errno::ACCESS)
}

/// The BTF of the module, without that of the kernel.
fn btf() -> Result<String> {
    let dump = Command::new("bpftool")
        .args(["btf", "dump", "file", "/sys/kernel/btf/spelling"])
        .output()?;
    ensure!(dump.status.success(), "bpftool: {dump:?}");
    Ok(String::from_utf8_lossy(&dump.stdout).into_owned())
}

fn what_is_configured_out_is_not_there(env: &Env) -> Result<()> {
    let _module = env.module(SPELLING)?.insert()?;
    let btf = btf()?;
    ensure!(btf.contains("STRUCT 'spelling_ops'"), "no type: {btf}");
    ensure!(!btf.contains("gone"), "something is there: {btf}");
    Ok(())
}

fn struct_is_not_taken_for_one_of_the_kernel(env: &Env) -> Result<()> {
    let _module = env.module(SPELLING)?.insert()?;
    let btf = btf()?;
    ensure!(btf.contains("STRUCT 'work_offq_data'"), "no own one: {btf}");
    Ok(())
}

fn memory_that_is_not_aligned_is_refused(env: &Env) -> Result<()> {
    let _module = env.module(SPELLING)?.insert()?;
    let errno = run(&load(&["runs_unaligned"], &[])?, "runs_unaligned")?;
    expect(
        "the kfunc",
        errno.wrapping_neg(),
        Errno::INVAL.raw_os_error(),
    )
}
