// SPDX-License-Identifier: GPL-2.0

/*
 * Two implementations of `bpf_testmod_ops`, the struct_ops type that
 * bpf_testmod.ko defines.
 *
 * bpf_testmod.h is made of the BTF of the module, so the type below is the
 * module's own: there is no second copy of it to keep in step.
 */

#include "vmlinux.h"
#include "bpf_testmod.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define ESRCH 3

char LICENSE[] SEC("license") = "GPL";

/* What the module's calls brought; user space reads it through .bss. */
__u32 test_1_calls;
__u32 test_2_calls;
int test_2_a;
int test_2_b;
__u32 maybe_null_calls;
__u32 maybe_null_nulls;
int maybe_null_dummy;

SEC("struct_ops/test_1")
int BPF_PROG(first_test_1)
{
	test_1_calls++;
	return 42;
}

SEC("struct_ops/test_1")
int BPF_PROG(second_test_1)
{
	test_1_calls++;
	return 7;
}

SEC("struct_ops/test_2")
void BPF_PROG(record_test_2, int a, int b)
{
	test_2_calls++;
	test_2_a = a;
	test_2_b = b;
}

/* The verifier rejects this program if the check of @task is left out. */
SEC("struct_ops/test_maybe_null")
int BPF_PROG(either_test_maybe_null, int dummy, struct task_struct *task)
{
	maybe_null_calls++;
	maybe_null_dummy = dummy;
	if (!task) {
		maybe_null_nulls++;
		return -ESRCH;
	}
	return task->tgid;
}

/* User space sets .data before it loads the map. */
SEC(".struct_ops.link")
struct bpf_testmod_ops first = {
	.test_1 = (void *)first_test_1,
	.test_2 = (void *)record_test_2,
	.test_maybe_null = (void *)either_test_maybe_null,
};

SEC(".struct_ops.link")
struct bpf_testmod_ops second = {
	.test_1 = (void *)second_test_1,
	.test_2 = (void *)record_test_2,
	.test_maybe_null = (void *)either_test_maybe_null,
};
