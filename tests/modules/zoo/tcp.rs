// SPDX-License-Identifier: GPL-2.0

//! Fields of a struct of the kernel that programs may write to.

use struct_ops::prelude::*;

/// A socket that is known to be one of TCP, where C only says `struct sock`.
#[kernel_struct(
    "linux/tcp.h",
    name = "tcp_sock",
    passed_as = "sock",
    writable(snd_cwnd, snd_ssthresh, inet_conn.icsk_ca_priv)
)]
pub(crate) struct TcpSock;

/// Takes sockets. Not called.
#[struct_ops]
pub(crate) struct ZooTcpOps {
    /// Behind an argument of two words.
    tune: fn(by: ZooStep, sk: &TcpSock, other: Option<&TcpSock>) -> u32,
    /// Gets no socket.
    #[optional]
    rest: fn(task: &Task) -> u32,
}

/// Two words.
#[c_struct]
pub(crate) struct ZooStep {
    up: u64,
    down: u64,
}

impl StructOpsType for ZooTcpOps {}
