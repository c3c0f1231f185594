// SPDX-License-Identifier: GPL-2.0

/* A policy for the first pool of quota.ko that returns neither 0 nor an error. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct quota_ops {
	int (*charge)(void *task, unsigned int pool, unsigned long long bytes,
		      unsigned long long ceiling);
};

SEC("struct_ops/charge")
int positive_charge(void *ctx)
{
	return 1;
}

SEC(".struct_ops.link")
struct quota_ops positive = {
	.charge = (void *)positive_charge,
};
