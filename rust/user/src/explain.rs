// SPDX-License-Identifier: GPL-2.0

//! Why an object was refused. The errors of libbpf and of the kernel are bare numbers.

use std::fs;
use std::path::Path;

/// What is the matter with the object file `path`, by what libbpf has said before it failed.
///
/// `again` loads another file as that was, and returns what libbpf has said if that failed.
pub fn explain(
    said: &str,
    path: &Path,
    again: impl FnOnce(&[u8]) -> Option<String>,
) -> Option<String> {
    if fs::read_to_string("/proc/sys/net/core/bpf_jit_enable").is_ok_and(|text| text.trim() == "0")
    {
        return Some(
            "the kernel does not compile BPF programs, and struct_ops needs that: \
             `sysctl net.core.bpf_jit_enable=1`"
                .to_owned(),
        );
    }
    let lines = || {
        said.lines()
            .map(|line| line.trim_start_matches("libbpf: ").trim())
    };
    // "struct_ops init_kern MAP: Cannot find member NAME in kernel BTF"
    if let Some(line) = lines().find(|line| line.contains("Cannot find member")) {
        let mut words = line.split_whitespace();
        let map = words.nth(2).unwrap_or_default().trim_end_matches(':');
        let member = words.nth(3).unwrap_or_default();
        return Some(format!(
            "the map {map} sets {member}, which the type has not: the module is older than the program, \
             leave it zero or load a newer one"
        ));
    }
    let reason = last_words(said)?;
    let program = program(said).unwrap_or("?");
    let Some(reason) = reason else {
        return Some(format!(
            "the kernel refuses the program {program} and does not say why"
        ));
    };
    if let Some((member, kind)) = refused_member(reason) {
        // If the kernel takes it for this member as one that does not sleep, that was the reason.
        let takes = |said: Option<String>| match &said {
            None => true,
            Some(said) => {
                self::program(said) == Some(program)
                    && last_words(said)
                        .flatten()
                        .is_some_and(|reason| refused_member(reason).is_none())
            }
        };
        let awake = awake(&fs::read(path).unwrap_or_default());
        if awake.is_some_and(|awake| takes(again(&awake))) {
            return Some(format!(
                "{kind} takes no program for {member} that sleeps: make the section of {program} \
                 SEC(\"struct_ops/{member}\"), without the .s"
            ));
        }
    }
    Some(format!(
        "the verifier refuses the program {program}: {reason} (-v says more)"
    ))
}

/// The program that was refused.
fn program(said: &str) -> Option<&str> {
    said.lines()
        .find_map(|line| line.trim_start_matches("libbpf: ").strip_prefix("prog '"))?
        .split('\'')
        .next()
}

/// The last words of the verifier, which come before its statistics; `None` if it was not asked.
fn last_words(said: &str) -> Option<Option<&str>> {
    let log = said
        .split("-- BEGIN PROG LOAD LOG --")
        .nth(1)?
        .split("-- END PROG LOAD LOG --")
        .next()?;
    Some(log.lines().map(str::trim).rfind(|line| {
        !line.is_empty()
            && !line.starts_with("processed ")
            && !line.starts_with("libbpf:")
            && !line.contains("verification time")
    }))
}

/// The member that takes no such program, and its type.
fn refused_member(reason: &str) -> Option<(&str, &str)> {
    reason
        .strip_prefix("attach to unsupported member ")?
        .split_once(" of struct ")
}

/// The object file with programs that do not sleep, if it has some that do.
///
/// libbpf takes that from the name of the section, and all behind a slash for a comment. So the names
/// keep their length.
fn awake(file: &[u8]) -> Option<Vec<u8>> {
    const SLEEPS: &[u8] = b"struct_ops.s";
    let mut awake = file.to_owned();
    for at in 0..file.len() {
        if file[at..].starts_with(SLEEPS) {
            awake[at..at + SLEEPS.len()].copy_from_slice(b"struct_ops//");
        }
    }
    (awake != file).then_some(awake)
}
