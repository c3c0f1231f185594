// SPDX-License-Identifier: GPL-2.0

//! A connection over loopback, and what `ss` says of it.

use std::io::{
    self,
    Read,
    Write, //
};
use std::net::{
    Ipv4Addr,
    TcpListener,
    TcpStream, //
};
use std::process::Command;
use std::thread;

use anyhow::{
    anyhow,
    ensure,
    Context,
    Result, //
};
use rustix::net::sockopt::{
    set_tcp_congestion,
    tcp_congestion, //
};

/// A connection after some bytes.
pub struct Outcome {
    /// The congestion control that the sender has.
    pub control: String,
    /// How many bytes have arrived.
    pub received: u64,
    /// The sender, in the words of `ss`.
    pub said: String,
}

/// Sends so many bytes over loopback, with this congestion control or the usual one.
pub fn transfer(bytes: usize, control: Option<&str>) -> Result<Outcome> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut sender = TcpStream::connect(listener.local_addr()?)
        .context("cannot connect over loopback (ip link set lo up)")?;
    if let Some(control) = control {
        set_tcp_congestion(&sender, control)
            .with_context(|| format!("the kernel has no congestion control {control}"))?;
    }
    let (mut receiver, _) = listener.accept()?;
    let receiving = thread::spawn(move || {
        let mut limited = (&mut receiver).take(bytes as u64);
        io::copy(&mut limited, &mut io::sink()).map(|received| (received, receiver))
    });
    sender.write_all(&vec![7; bytes])?;
    let joined = receiving
        .join()
        .map_err(|_| anyhow!("the receiver panicked"))?;
    // The connection is open until `ss` has looked at it.
    let (received, _receiver) = joined?;

    Ok(Outcome {
        control: tcp_congestion(&sender)?,
        received,
        said: said_of(&sender)?,
    })
}

/// What `ss` says of the sender of a connection.
pub(crate) fn said_of(sender: &TcpStream) -> Result<String> {
    let port = sender.local_addr()?.port();
    let ss = Command::new("ss")
        .args(["-Htin", "sport", "=", &format!(":{port}")])
        .output()
        .context("cannot run ss: install iproute2")?;
    ensure!(ss.status.success(), "ss: {ss:?}");
    Ok(String::from_utf8_lossy(&ss.stdout).into_owned())
}
