// SPDX-License-Identifier: GPL-2.0

/* A program that implements no struct_ops type. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int nothing(void *ctx)
{
	return 0;
}
