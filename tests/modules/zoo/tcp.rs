// SPDX-License-Identifier: GPL-2.0

//! Congestion controls of TCP, and fields of a struct of the kernel that programs may write to.

use kernel::prelude::*;
use struct_ops::{
    prelude::*,
    private::ListHead,
    CRegistry,
    TcpCongestion, //
};

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

/// What `include/net/tcp.h` says of a sample.
#[kernel_struct("net/tcp.h")]
pub(crate) struct RateSample;

/// The same.
#[kernel_struct("net/tcp.h")]
pub(crate) struct AckSample;

/// What happened to the congestion window.
#[c_enum(kernel = "net/tcp.h", prefix = "CA_EVENT_")]
pub(crate) enum TcpCaEvent {
    TxStart,
    CwndRestart,
    CompleteCwr,
    Loss,
    EcnNoCe,
    EcnIsCe,
}

/// A congestion control, in full. What is required, `tcp_register_congestion_control()` says.
#[struct_ops(kernel = "net/tcp.h", slot = CONTROLS)]
pub(crate) struct TcpCongestionOps {
    #[optional]
    cong_avoid: fn(sk: &TcpSock, ack: u32, acked: u32),
    #[optional]
    cong_control: fn(sk: &TcpSock, ack: u32, flag: i32, rs: Const<&RateSample>),
    #[optional]
    ssthresh: fn(sk: &TcpSock) -> u32,
    #[optional]
    set_state: fn(sk: &TcpSock, new_state: u8),
    #[optional]
    cwnd_event: fn(sk: &TcpSock, ev: TcpCaEvent),
    #[optional]
    cwnd_event_tx_start: fn(sk: &TcpSock),
    #[optional]
    in_ack_event: fn(sk: &TcpSock, flags: u32),
    #[optional]
    pkts_acked: fn(sk: &TcpSock, sample: Const<&AckSample>),
    #[optional]
    min_tso_segs: fn(sk: &TcpSock) -> u32,
    #[optional]
    undo_cwnd: fn(sk: &TcpSock) -> u32,
    #[optional]
    sndbuf_expand: fn(sk: &TcpSock) -> u32,
    #[unsupported]
    get_info: fn(),
    name: Name<16>,
    owner: ModulePtr,
    list: ListHead,
    #[private]
    key: u32,
    flags: u32,
    #[optional]
    init: fn(sk: &TcpSock),
    #[optional]
    release: fn(sk: &TcpSock),
}

/// `TCP_CONG_NON_RESTRICTED`, the only flag that is taken here.
const NON_RESTRICTED: u32 = 1;

static CONTROLS: CRegistry<TcpCongestionOps, TcpCongestion> = CRegistry::new();

impl StructOpsType for TcpCongestionOps {
    fn validate(ops: &Self) -> Result {
        if ops.flags() & !NON_RESTRICTED == 0 {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}
