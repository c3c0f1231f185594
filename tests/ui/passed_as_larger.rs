// SPDX-License-Identifier: GPL-2.0

#[kernel_struct("linux/tcp.h", passed_as = "tcp_sock")]
#[rustfmt::skip]
pub struct Sock; //~ struct sock cannot be what is passed as struct tcp_sock
