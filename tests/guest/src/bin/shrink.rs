// SPDX-License-Identifier: GPL-2.0

//! `shrink COMMAND...`: which steps of a round of `fuzz` a failure takes. Runs on the host.
//!
//! COMMAND makes the steps that are added to it, in a guest, and fails or not. The shortest list that
//! still fails and from which no single step can be left out is printed.

#![forbid(unsafe_code)]

use std::process::{
    Command,
    Stdio, //
};

use anyhow::{
    ensure,
    Result, //
};
use guest_tests::FUZZ_STEPS;

/// The steps as arguments: what follows each other as a range.
fn arguments(steps: &[u64]) -> Vec<String> {
    let runs = steps.chunk_by(|before, after| before + 1 == *after);
    runs.map(|run| format!("{}-{}", run[0], run[run.len() - 1]))
        .collect()
}

fn fails(command: &[String], steps: &[u64]) -> Result<bool> {
    let status = Command::new(&command[0])
        .args(&command[1..])
        .args(arguments(steps))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    eprintln!(
        "{} steps: {}",
        steps.len(),
        if status.success() { "pass" } else { "fail" }
    );
    Ok(!status.success())
}

/// Leaves out half, then quarters, and so on, down to single steps.
fn shrink(mut steps: Vec<u64>, fails: impl Fn(&[u64]) -> Result<bool>) -> Result<Vec<u64>> {
    // Nothing behind the failure matters: find the shortest beginning.
    let (mut passing, mut failing) = (0, steps.len());
    while failing - passing > 1 {
        let middle = passing.midpoint(failing);
        if fails(&steps[..middle])? {
            failing = middle;
        } else {
            passing = middle;
        }
    }
    steps.truncate(failing);

    let mut size = steps.len().div_ceil(2);
    loop {
        let mut start = 0;
        while start < steps.len() && steps.len() > 1 {
            let mut fewer = steps.clone();
            fewer.drain(start..(start + size).min(steps.len()));
            if !fewer.is_empty() && fails(&fewer)? {
                steps = fewer;
            } else {
                start += size;
            }
        }
        if size == 1 {
            return Ok(steps);
        }
        size = size.div_ceil(2);
    }
}

fn main() -> Result<()> {
    let command: Vec<_> = std::env::args().skip(1).collect();
    ensure!(!command.is_empty(), "usage: shrink COMMAND...");
    let all: Vec<_> = (0..FUZZ_STEPS).collect();
    ensure!(
        fails(&command, &all)?,
        "by one thread the round passes: it takes several to fail"
    );
    let steps = shrink(all, |steps| fails(&command, steps))?;
    println!("{}", arguments(&steps).join(" "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_takes_is_left() {
        let needed = [3, 500, 501, 9000];
        let fails = |steps: &[u64]| Ok(needed.iter().all(|step| steps.contains(step)));
        let steps = shrink((0..FUZZ_STEPS).collect(), fails).unwrap();
        assert_eq!(steps, needed);
        assert_eq!(arguments(&steps), ["3-3", "500-501", "9000-9000"]);
    }
}
