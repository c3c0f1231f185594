// SPDX-License-Identifier: GPL-2.0

//! A transfer over the slow link, whose congestion control is changed half way.

use std::io::{
    self,
    Write, //
};
use std::net::{
    TcpListener,
    TcpStream, //
};
use std::sync::mpsc;
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

use anyhow::{
    anyhow,
    Context,
    Result, //
};
use rustix::net::sockopt::set_tcp_congestion;

use crate::link::{
    enter,
    ADDRESS,
    LEFT,
    RIGHT, //
};
use crate::transfer::said_of;

/// How long the transfer has each congestion control.
pub const TURN: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(100);

/// What `ss` says of the sender.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Seconds since the start.
    pub at: f64,
    /// The congestion window, in packets.
    pub window: u32,
    /// How many bytes have been acknowledged.
    pub acked: u64,
}

/// Transfers with one congestion control after the other, over one connection.
pub fn measure(controls: [&str; 2]) -> Result<Vec<Sample>> {
    thread::scope(|scope| {
        let (tell, address) = mpsc::channel();
        let receiver = scope.spawn(move || -> Result<()> {
            enter(RIGHT)?;
            let listener = TcpListener::bind((ADDRESS, 0))?;
            tell.send(listener.local_addr()?)?;
            io::copy(&mut listener.accept()?.0, &mut io::sink())?;
            Ok(())
        });
        let sender = scope.spawn(move || -> Result<Vec<Sample>> {
            enter(LEFT)?;
            let stream = TcpStream::connect(address.recv().context("no receiver")?)?;
            set_tcp_congestion(&stream, controls[0]).context("the first control")?;
            let mut writer = stream.try_clone()?;
            // It ends when the connection is shut down below.
            let writing = thread::spawn(move || while writer.write_all(&[7; 1 << 16]).is_ok() {});

            let start = Instant::now();
            let mut samples = Vec::new();
            for (turn, control) in (1..).zip(controls) {
                set_tcp_congestion(&stream, control).context("cannot change the control")?;
                while start.elapsed() < TURN * turn {
                    samples.push(sample(start, &stream)?);
                    thread::sleep(INTERVAL);
                }
            }
            stream.shutdown(std::net::Shutdown::Both)?;
            writing.join().map_err(|_| anyhow!("the writer panicked"))?;
            Ok(samples)
        });
        let samples = sender
            .join()
            .map_err(|_| anyhow!("the sender panicked"))??;
        receiver
            .join()
            .map_err(|_| anyhow!("the receiver panicked"))??;
        Ok(samples)
    })
}

fn sample(start: Instant, sender: &TcpStream) -> Result<Sample> {
    let at = start.elapsed().as_secs_f64();
    let said = said_of(sender)?;
    let number = |key: &str| {
        said.split_whitespace()
            .find_map(|word| word.strip_prefix(key)?.parse().ok())
    };
    Ok(Sample {
        at,
        window: number("cwnd:").context("ss tells no cwnd")? as u32,
        // At first nothing is.
        acked: number("bytes_acked:").unwrap_or(0),
    })
}
