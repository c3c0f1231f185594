// SPDX-License-Identifier: GPL-2.0

/* A policy for the first pool of quota.ko that returns neither 0 nor an error. */

#include "quota.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops/charge")
int positive_charge(void *ctx)
{
	return 1;
}

SEC(".struct_ops.link")
struct quota_ops positive = {
	.charge = (void *)positive_charge,
};
