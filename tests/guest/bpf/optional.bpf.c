// SPDX-License-Identifier: GPL-2.0

/* Maps that are only created if somebody asks for them. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct bpf_testmod_ops___part {
	int data;
	int (*test_1)(void);
};

SEC("struct_ops/test_1")
int spare_test_1(void *ctx)
{
	return 5;
}

SEC("?.struct_ops.link")
struct bpf_testmod_ops___part spare = {
	.data = 3,
	.test_1 = (void *)spare_test_1,
};

SEC("?.struct_ops.link")
struct bpf_testmod_ops___part another = {
	.data = 4,
	.test_1 = (void *)spare_test_1,
};
