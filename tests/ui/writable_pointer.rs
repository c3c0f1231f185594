// SPDX-License-Identifier: GPL-2.0

#[kernel_struct("net/sock.h", writable(sk_pacing_rate, sk_write_queue.next))] //~ sk_write_queue.next of struct sock is none
pub struct Sock;
