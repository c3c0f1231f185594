// SPDX-License-Identifier: GPL-2.0

/* A map that is attached by a link, and one that stays until it is deleted. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct bpf_testmod_ops___part {
	int data;
	int (*test_1)(void);
};

SEC("struct_ops/test_1")
int both_test_1(void *ctx)
{
	return 5;
}

SEC(".struct_ops")
struct bpf_testmod_ops___part a_stays = {
	.data = 3,
	.test_1 = (void *)both_test_1,
};

SEC(".struct_ops.link")
struct bpf_testmod_ops___part b_linked = {
	.data = 4,
	.test_1 = (void *)both_test_1,
};
