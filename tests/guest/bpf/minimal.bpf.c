// SPDX-License-Identifier: GPL-2.0

/* Implementations of the type of minimal.ko, which asks the program at once. */

#include "minimal.h"

#define SEC(name) __attribute__((section(name), used))

#define EACCES 13

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops/may_attach")
int agree_may_attach(unsigned long long *ctx)
{
	return ctx[0] == 42 ? 0 : -EACCES;
}

SEC("struct_ops/may_attach")
int refuse_may_attach(unsigned long long *ctx)
{
	return -EACCES;
}

SEC(".struct_ops.link")
struct minimal_ops agree = {
	.may_attach = (void *)agree_may_attach,
};

SEC(".struct_ops.link")
struct minimal_ops refuse = {
	.may_attach = (void *)refuse_may_attach,
};

SEC(".struct_ops.link")
struct minimal_ops empty = {};
