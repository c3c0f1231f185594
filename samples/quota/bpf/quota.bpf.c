// SPDX-License-Identifier: GPL-2.0

/*
 * Two policies for a pool of quota.ko: a task gets bytes as long as the pool
 * has not more than a ceiling in use.
 */

#include "vmlinux.h"
#include "quota.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EDQUOT 122
#define EIO 5

#define GENEROUS (1 << 20)
#define STRICT 512

char LICENSE[] SEC("license") = "GPL";

/* How often each was asked; user space reads it through .bss. */
__u64 generous_calls;
__u64 strict_calls;
__u64 refills;

static int decide(__u32 pool, __u64 bytes, __u64 ceiling)
{
	return quota_used(pool) + bytes > ceiling ? -EDQUOT : 0;
}

/*
 * A program and the value of its table belong together, also while the table
 * is being replaced: whoever sees the value of another table says so.
 */
SEC("struct_ops/charge")
int BPF_PROG(generous_charge, struct task_struct *task, __u32 pool, __u64 bytes, __u64 ceiling)
{
	__sync_fetch_and_add(&generous_calls, 1);
	return ceiling == GENEROUS ? decide(pool, bytes, ceiling) : -EIO;
}

SEC("struct_ops/charge")
int BPF_PROG(strict_charge, struct task_struct *task, __u32 pool, __u64 bytes, __u64 ceiling)
{
	__sync_fetch_and_add(&strict_calls, 1);
	return ceiling == STRICT ? decide(pool, bytes, ceiling) : -EIO;
}

/* More than there is, but not at once: this sleeps. */
SEC("struct_ops.s/refill")
__u64 BPF_PROG(slow_refill, __u32 pool)
{
	__sync_fetch_and_add(&refills, 1);
	quota_wait(20);
	return 4096;
}

/* User space sets .pool before it loads a map. */
SEC(".struct_ops.link")
struct quota_ops generous = {
	.charge = (void *)generous_charge,
	.refill = (void *)slow_refill,
	.ceiling = GENEROUS,
};

SEC(".struct_ops.link")
struct quota_ops strict = {
	.charge = (void *)strict_charge,
	.refill = (void *)slow_refill,
	.ceiling = STRICT,
};
