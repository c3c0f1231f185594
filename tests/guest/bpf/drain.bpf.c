// SPDX-License-Identifier: GPL-2.0

/* A program that sleeps in a call of drain.ko. */

#include "drain.h"

#define SEC(name) __attribute__((section(name), used))

#define NAP_MSECS 1500

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops.s/nap")
int take_nap(void *ctx)
{
	drain_sleep(NAP_MSECS);
	return 0;
}

SEC(".struct_ops.link")
struct drain_ops sleeper = {
	.nap = (void *)take_nap,
};
