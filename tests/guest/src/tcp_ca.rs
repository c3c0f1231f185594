// SPDX-License-Identifier: GPL-2.0

//! Congestion controls of TCP that tcp_ca.ko has registered, beside the kernel's own type.

use std::fs;
use std::os::fd::{
    AsFd,
    AsRawFd,
    BorrowedFd,
    OwnedFd, //
};
use std::process::Command;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use guest_tests::stress::{
    self,
    btf_of,
    Kind, //
};
use libbpf_rs::{
    Object,
    ObjectBuilder, //
};
use rustix::io::Errno;
use tcp_ca_loader::{
    transfer::transfer,
    OBJECT, //
};

use crate::env::{
    expect,
    expect_errno,
    Env,
    TCP_CA, //
};
use crate::{
    tests,
    Test, //
};

pub const TESTS: &[Test] = tests![congestion_control_is_kept_by_c];

/// What can be chosen.
const CONTROLS: &str = "/proc/sys/net/ipv4/tcp_available_congestion_control";

/// Where `tcp_congestion_ops` has its members: name, index and offset.
const MEMBERS: [(&str, u32, usize); 5] = [
    ("cong_avoid", 0, 0),
    ("cong_control", 1, 8),
    ("ssthresh", 2, 16),
    ("undo_cwnd", 9, 72),
    ("init", 17, 144),
];
const NAME: usize = 96;

/// A congestion control that the module has registered.
struct Control {
    link: OwnedFd,
}

impl Control {
    /// Loads the programs of a table, as `CONTROL_MEMBER`, for the type of the module. libbpf takes that of
    /// vmlinux, which has the same ids, so the rest is done by hand.
    fn attach(
        btf: BorrowedFd<'_>,
        object: &Object,
        control: &str,
        members: &[&str],
        name: &str,
    ) -> Result<Self> {
        let kind = |program: &str| Kind::of(object, "tcp_congestion_ops", control, program, 0);
        let mut values = vec![(NAME, name.as_bytes().to_vec())];
        let mut programs = Vec::new();
        let mut any = None;
        for wanted in members {
            let member = MEMBERS.iter().find(|(member, ..)| member == wanted);
            let (member, index, offset) = member.context("no such member")?;
            let program = format!("{control}_{member}");
            let kind = kind(&program)?.at(*index);
            let loaded = kind.load(btf).context(program)?;
            values.push((*offset, (loaded.as_raw_fd() as u64).to_ne_bytes().to_vec()));
            programs.push(loaded);
            any = Some(kind);
        }
        let kind = any.context("no members")?;
        let values: Vec<_> = values.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
        let map = kind.create(btf)?;
        kind.set(map.as_fd(), &values).context("set")?;
        let link = stress::link(map.as_fd())?;
        Ok(Self { link })
    }
}

fn congestion_control_is_kept_by_c(env: &Env) -> Result<()> {
    let up = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()?;
    ensure!(up.success(), "ip: {up}");
    let module = env.module(TCP_CA)?.insert()?;
    let btf = btf_of(TCP_CA)?;
    let object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;
    let attach = |control, members: &[&str], name| {
        Control::attach(btf.as_fd(), &object, control, members, name)
    };

    // What C says of a table that lacks something, or has a name that is taken.
    let incomplete = attach("aimd", &["cong_avoid", "undo_cwnd"], "aimd").map(drop);
    expect_errno("incomplete", incomplete, Errno::INVAL)?;
    let all = ["cong_avoid", "ssthresh", "undo_cwnd"];
    let taken = attach("aimd", &all, "reno").map(drop);
    expect_errno("taken", taken, Errno::EXIST)?;

    let aimd = attach("aimd", &all, "aimd")?;
    let all = ["cong_control", "ssthresh", "undo_cwnd", "init"];
    let steady = attach("steady", &all, "steady")?;
    let bytes = 1 << 22;
    for (control, window) in [("aimd", "cwnd:"), ("steady", "cwnd:17 ")] {
        let outcome = transfer(bytes, Some(control))?;
        expect("its name", outcome.control.as_str(), control)?;
        expect(control, outcome.received, bytes as u64)?;
        ensure!(outcome.said.contains(window), "ss: {}", outcome.said);
    }

    let other = transfer(bytes, None)?.control;
    ensure!(other != "aimd" && other != "steady", "{other} is usual");
    drop((aimd.link, steady.link));
    let controls = fs::read_to_string(CONTROLS)?;
    let stays = controls.contains("aimd") || controls.contains("steady");
    ensure!(!stays, "one stays: {controls}");
    module.wait_refcount(0)
}
