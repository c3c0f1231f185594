// SPDX-License-Identifier: GPL-2.0

/*
 * One implementation of a type that exists and one of a type that does not.
 *
 * Both types are spelt out here, in the part that is used: libbpf looks for the
 * type and its members by name.
 */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct bpf_testmod_ops___part {
	int data;
	int (*test_1)(void);
};

struct no_such_ops {
	int (*call)(void);
};

SEC("struct_ops/test_1")
int known_test_1(void *ctx)
{
	return 5;
}

SEC("struct_ops/call")
int unknown_call(void *ctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct bpf_testmod_ops___part known = {
	.data = 3,
	.test_1 = (void *)known_test_1,
};

SEC(".struct_ops.link")
struct no_such_ops unknown = {
	.call = (void *)unknown_call,
};
