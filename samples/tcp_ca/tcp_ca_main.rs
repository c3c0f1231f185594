// SPDX-License-Identifier: GPL-2.0

//! A BPF program is a congestion control of TCP: what `net/ipv4/bpf_tcp_ca.c` does.
//!
//! See `Documentation/tcp-ca.md`.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::{
    prelude::*,
    private::ListHead,
    TcpCongestion, //
};

module! {
    type: TcpCa,
    name: "tcp_ca",
    authors: ["The struct_ops-in-Rust authors"],
    description: "Congestion controls in BPF",
    license: "GPL",
}

/// A socket of TCP, where C only says `struct sock`, and what programs may write to.
#[kernel_struct(
    "linux/tcp.h",
    name = "tcp_sock",
    passed_as = "sock",
    writable(
        inet_conn.icsk_inet.sk.sk_pacing_rate,
        inet_conn.icsk_inet.sk.sk_pacing_status,
        inet_conn.icsk_ca_priv,
        inet_conn.icsk_ack.pending,
        snd_cwnd,
        snd_cwnd_cnt,
        snd_cwnd_stamp,
        snd_ssthresh,
        ecn_flags,
        app_limited
    )
)]
struct TcpSock;

/// How fast packets were delivered.
#[kernel_struct("net/tcp.h")]
struct RateSample;

/// What an acknowledgement says of a round trip.
#[kernel_struct("net/tcp.h")]
struct AckSample;

/// What happened to the congestion window.
#[c_enum(kernel = "net/tcp.h", prefix = "CA_EVENT_")]
enum TcpCaEvent {
    TxStart,
    CwndRestart,
    CompleteCwr,
    Loss,
    EcnNoCe,
    EcnIsCe,
}

/// A congestion control. What is required, `tcp_validate_congestion_control()` says.
#[struct_ops(kernel = "net/tcp.h", registry = TcpCongestion)]
struct TcpCongestionOps {
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

/// `TCP_CONG_MASK`: the bits that [`TcpCongestionOps::flags`] may have.
const FLAGS: u32 = 0x1f;

impl StructOpsType for TcpCongestionOps {
    fn validate(ops: &Self) -> Result {
        if ops.flags() & !FLAGS == 0 {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

#[pin_data]
struct TcpCa {
    #[pin]
    _ops: Registration<TcpCongestionOps>,
}

impl kernel::InPlaceModule for TcpCa {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self { _ops <- register_struct_ops!(TcpCongestionOps) })
    }
}
