// SPDX-License-Identifier: GPL-2.0

/* For a type with a member more than the module has. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct bpf_testmod_ops___newer {
	int data;
	int (*test_1)(void);
	int added_later;
};

SEC("struct_ops/test_1")
int newer_test_1(void *ctx)
{
	return 5;
}

SEC(".struct_ops.link")
struct bpf_testmod_ops___newer newer = {
	.data = 3,
	.test_1 = (void *)newer_test_1,
	.added_later = 1,
};
