// SPDX-License-Identifier: GPL-2.0

/* The same programs for bench_c.ko and for bench_rust.ko. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

typedef unsigned long long u64;

#define MODULE(lang)							\
struct bench_##lang##_ops {						\
	int (*zero)(void);						\
	int (*two)(u64 a, u64 b);					\
	int (*five)(u64 a, u64 b, u64 c, u64 d, u64 e);			\
};									\
struct bench_##lang##_srcu_ops {					\
	int (*call)(u64 id);						\
};									\
struct bench_##lang##_counted_ops {					\
	int (*call)(u64 id);						\
};									\
struct bench_##lang##_many_ops {					\
	int (*call)(u64 id);						\
};									\
struct bench_##lang##_order_ops {					\
	int (*call)(u64 id);						\
	int priority;							\
};									\
SEC("struct_ops") int lang##_zero(u64 *ctx) { return 1; }		\
SEC("struct_ops") int lang##_two(u64 *ctx) { return ctx[0] & 1; }	\
SEC("struct_ops") int lang##_five(u64 *ctx) { return ctx[0] & 1; }	\
SEC("struct_ops") int lang##_srcu_call(u64 *ctx) { return ctx[0] & 1; }	\
SEC("struct_ops") int lang##_counted_call(u64 *ctx) { return ctx[0] & 1; } \
SEC("struct_ops") int lang##_many_call(u64 *ctx) { return ctx[0] & 1; }	\
SEC("struct_ops") int lang##_order_call(u64 *ctx) { return ctx[0] & 1; } \
SEC(".struct_ops.link") struct bench_##lang##_ops lang##_rcu = {	\
	(void *)lang##_zero, (void *)lang##_two, (void *)lang##_five,	\
};									\
SEC(".struct_ops.link") struct bench_##lang##_srcu_ops lang##_srcu = {	\
	(void *)lang##_srcu_call,					\
};									\
SEC(".struct_ops.link") struct bench_##lang##_counted_ops lang##_counted = { \
	(void *)lang##_counted_call,					\
};									\
SEC(".struct_ops.link") struct bench_##lang##_many_ops lang##_many = {	\
	(void *)lang##_many_call,					\
};									\
SEC(".struct_ops.link") struct bench_##lang##_order_ops lang##_order = { \
	(void *)lang##_order_call, 1,					\
};

MODULE(c)
MODULE(rust)
