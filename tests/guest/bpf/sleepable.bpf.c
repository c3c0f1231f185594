// SPDX-License-Identifier: GPL-2.0

/* A sleepable program where the module has not allowed one. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct bpf_testmod_ops {
	int (*test_1)(void);
};

SEC("struct_ops.s/test_1")
int sleepable_test_1(void *ctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct bpf_testmod_ops sleepable = {
	.test_1 = (void *)sleepable_test_1,
};
