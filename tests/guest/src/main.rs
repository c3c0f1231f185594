// SPDX-License-Identifier: GPL-2.0

//! Tests of the modules and of the loader, to be run as root in a guest.
//!
//! `guest-tests MODULES [TEST]` takes the modules from the directory `MODULES` and the programs
//! from its own directory, and prints KTAP. With `TEST`, only tests run that have it in their name.

mod binfmt;
mod calls;
mod io_uring;
mod leases;
mod level;
mod libbpf;
mod lifetime;
mod links;
mod modules;
mod objects;
mod order;
mod policy;
mod programs;
mod quota;
mod refusals;
mod slots;
mod spelling;
mod tcp_ca;
mod types;
mod user;
mod zoo;

use std::process::ExitCode;

use guest_tests::ktap::{
    Group,
    Test, //
};
use guest_tests::{
    env,
    ktap,
    tests, //
};

const GROUPS: &[Group] = &[
    Group {
        name: "lifetime",
        tests: lifetime::TESTS,
    },
    Group {
        name: "modules",
        tests: modules::TESTS,
    },
    Group {
        name: "calls",
        tests: calls::TESTS,
    },
    Group {
        name: "links",
        tests: links::TESTS,
    },
    Group {
        name: "slots",
        tests: slots::TESTS,
    },
    Group {
        name: "objects",
        tests: objects::TESTS,
    },
    Group {
        name: "order",
        tests: order::TESTS,
    },
    Group {
        name: "quota",
        tests: quota::TESTS,
    },
    Group {
        name: "policy",
        tests: policy::TESTS,
    },
    Group {
        name: "leases",
        tests: leases::TESTS,
    },
    Group {
        name: "spelling",
        tests: spelling::TESTS,
    },
    Group {
        name: "libbpf",
        tests: libbpf::TESTS,
    },
    Group {
        name: "refusals",
        tests: refusals::TESTS,
    },
    Group {
        name: "level",
        tests: level::TESTS,
    },
    Group {
        name: "types",
        tests: types::TESTS,
    },
    Group {
        name: "user",
        tests: user::TESTS,
    },
    Group {
        name: "io_uring",
        tests: io_uring::TESTS,
    },
    Group {
        name: "tcp_ca",
        tests: tcp_ca::TESTS,
    },
    Group {
        name: "binfmt",
        tests: binfmt::TESTS,
    },
    Group {
        name: "zoo",
        tests: zoo::TESTS,
    },
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(modules), filter) = (args.next(), args.next().unwrap_or_default()) else {
        eprintln!("usage: guest-tests MODULES [TEST]");
        return ExitCode::FAILURE;
    };

    ktap::main(modules.as_ref(), GROUPS, &filter)
}
