// SPDX-License-Identifier: GPL-2.0

/*
 * Two congestion controls for TCP. `aimd` adds one packet each round trip and halves on loss, as Reno
 * does; `steady` sends with the same window all the time.
 */

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define STEADY 17

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops/cong_avoid")
void BPF_PROG(aimd_cong_avoid, struct tcp_sock *tp, __u32 ack, __u32 acked)
{
	__u32 cwnd = tp->snd_cwnd;

	if (tp->is_cwnd_limited == 0)
		return;
	if (cwnd < tp->snd_ssthresh) {
		tp->snd_cwnd = cwnd + acked;
		return;
	}
	tp->snd_cwnd_cnt += acked;
	if (tp->snd_cwnd_cnt >= cwnd) {
		tp->snd_cwnd_cnt -= cwnd;
		tp->snd_cwnd = cwnd + 1;
	}
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(aimd_ssthresh, struct tcp_sock *tp)
{
	return tp->snd_cwnd > 4 ? tp->snd_cwnd / 2 : 2;
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(aimd_undo_cwnd, struct tcp_sock *tp)
{
	return tp->snd_cwnd > tp->prior_cwnd ? tp->snd_cwnd : tp->prior_cwnd;
}

SEC("struct_ops/init")
void BPF_PROG(steady_init, struct tcp_sock *tp)
{
	tp->snd_cwnd = STEADY;
}

SEC("struct_ops/cong_control")
void BPF_PROG(steady_cong_control, struct tcp_sock *tp, __u32 ack, int flag, const struct rate_sample *rs)
{
	tp->snd_cwnd = STEADY;
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(steady_ssthresh, struct tcp_sock *tp)
{
	return STEADY;
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(steady_undo_cwnd, struct tcp_sock *tp)
{
	return STEADY;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops aimd = {
	.cong_avoid = (void *)aimd_cong_avoid,
	.ssthresh = (void *)aimd_ssthresh,
	.undo_cwnd = (void *)aimd_undo_cwnd,
	.name = "aimd",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops steady = {
	.cong_control = (void *)steady_cong_control,
	.ssthresh = (void *)steady_ssthresh,
	.undo_cwnd = (void *)steady_undo_cwnd,
	.init = (void *)steady_init,
	.name = "steady",
};
