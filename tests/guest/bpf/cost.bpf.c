// SPDX-License-Identifier: GPL-2.0

/* The same program for cost_c.ko and for cost_rust.ko. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct cost_c_ops {
	int (*decide)(unsigned long long id);
};

struct cost_rust_ops {
	int (*decide)(unsigned long long id);
};

SEC("struct_ops/decide")
int c_decide(unsigned long long *ctx)
{
	return ctx[0] & 1;
}

SEC("struct_ops/decide")
int rust_decide(unsigned long long *ctx)
{
	return ctx[0] & 1;
}

SEC(".struct_ops.link")
struct cost_c_ops cost_c = {
	.decide = (void *)c_decide,
};

SEC(".struct_ops.link")
struct cost_rust_ops cost_rust = {
	.decide = (void *)rust_decide,
};
