// SPDX-License-Identifier: GPL-2.0

/* An implementation of the type of mistyped.ko, which calls it at once. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct mistyped_ops {
	int (*call)(int value);
};

SEC("struct_ops/call")
int innocent_call(void *ctx)
{
	return 7;
}

SEC(".struct_ops.link")
struct mistyped_ops innocent = {
	.call = (void *)innocent_call,
};
