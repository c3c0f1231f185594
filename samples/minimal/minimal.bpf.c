// SPDX-License-Identifier: GPL-2.0

#include "vmlinux.h"
#include "minimal.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1

char LICENSE[] SEC("license") = "GPL";

/* The module asks this when the map below is attached. */
SEC("struct_ops/may_attach")
int BPF_PROG(may_attach, __u64 when)
{
	return when == 42 ? 0 : -EPERM;
}

SEC(".struct_ops.link")
struct minimal_ops policy = {
	.may_attach = (void *)may_attach,
};
