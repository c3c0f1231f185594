// SPDX-License-Identifier: GPL-2.0

/* A program for each of the types of stress.ko. */

#include "stress.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops/call")
int many_call(unsigned long long *ctx)
{
	return ctx[1] + 1;
}

SEC("struct_ops.s/call")
int order_call(unsigned long long *ctx)
{
	return ctx[1] + 1;
}

SEC(".struct_ops.link")
struct stress_ops many = {
	.call = (void *)many_call,
};

SEC(".struct_ops.link")
struct stress_order_ops order = {
	.call = (void *)order_call,
};
