// SPDX-License-Identifier: GPL-2.0

//! Two network namespaces with a slow link between them.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process::Command;

use anyhow::{
    ensure,
    Context,
    Result, //
};
use rustix::thread::{
    move_into_link_name_space,
    LinkNameSpaceType, //
};

/// Where the sender is.
pub const LEFT: &str = "tcp-ca-left";
/// Where the receiver is.
pub const RIGHT: &str = "tcp-ca-right";
/// The receiver's address.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

/// From left to right 8 Mbit/s and 20 ms, for 60 packets; another is dropped. Each is one on the wire, too.
const SETUP: [&str; 9] = [
    "ip netns add tcp-ca-left",
    "ip netns add tcp-ca-right",
    "ip link add left netns tcp-ca-left type veth peer name right netns tcp-ca-right",
    "ip -n tcp-ca-left address add 10.77.0.1/24 dev left",
    "ip -n tcp-ca-right address add 10.77.0.2/24 dev right",
    "ip -n tcp-ca-left link set left up",
    "ip -n tcp-ca-right link set right up",
    "ip -n tcp-ca-left link set left gso_max_segs 1",
    "tc -n tcp-ca-left qdisc add dev left root netem rate 8mbit delay 20ms limit 60",
];

/// The link. Dropping it removes the namespaces.
pub struct SlowLink(());

impl SlowLink {
    /// Makes it.
    pub fn new() -> Result<Self> {
        let link = Self(());
        SETUP.into_iter().try_for_each(run)?;
        Ok(link)
    }
}

impl Drop for SlowLink {
    fn drop(&mut self) {
        for name in [LEFT, RIGHT] {
            let _ = run(&format!("ip netns delete {name}"));
        }
    }
}

fn run(line: &str) -> Result<()> {
    let mut words = line.split(' ');
    let status = Command::new(words.next().unwrap_or_default())
        .args(words)
        .status()
        .with_context(|| format!("cannot run `{line}`: install iproute2"))?;
    ensure!(status.success(), "`{line}` failed");
    Ok(())
}

/// Moves this thread into a namespace.
pub fn enter(name: &str) -> Result<()> {
    let path = format!("/run/netns/{name}");
    let file = File::open(&path).context(path)?;
    let kind = Some(LinkNameSpaceType::Network);
    Ok(move_into_link_name_space(file.as_fd(), kind)?)
}
