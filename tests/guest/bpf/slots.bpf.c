// SPDX-License-Identifier: GPL-2.0

/* Programs that sleep in a call of slots.ko. */

#include "slots.h"

#define SEC(name) __attribute__((section(name), used))

#define NAP_MSECS 1500

char LICENSE[] SEC("license") = "GPL";

SEC("struct_ops.s/nap")
int take_nap(void *ctx)
{
	slots_sleep(NAP_MSECS);
	return 0;
}

SEC("struct_ops/nap")
int stay_awake(void *ctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct slots_object_ops sleeper_7 = {
	.nap = (void *)take_nap,
	.id = 7,
};

SEC(".struct_ops.link")
struct slots_object_ops awake_7 = {
	.nap = (void *)stay_awake,
	.id = 7,
};

SEC(".struct_ops.link")
struct slots_object_ops awake_8 = {
	.nap = (void *)stay_awake,
	.id = 8,
};

SEC(".struct_ops")
struct slots_object_ops unlinked_7 = {
	.nap = (void *)take_nap,
	.id = 7,
};

#define IN_ORDER(name, function, prio)	\
SEC("struct_ops.s/nap")			\
int name##_nap(void *ctx)		\
{					\
	return function;		\
}					\
					\
SEC(".struct_ops.link")			\
struct slots_order_ops name = {		\
	.nap = (void *)name##_nap,	\
	.priority = prio,		\
}

IN_ORDER(minus_1, 0, -1);
IN_ORDER(five, 0, 5);
IN_ORDER(five_too, 0, 5);
IN_ORDER(nine_fails, -1, 9);
IN_ORDER(ten, 0, 10);
IN_ORDER(eleven_is_positive, 1, 11);
IN_ORDER(twelve_is_no_errno, -4096, 12);
IN_ORDER(five_sleeps, (slots_sleep(NAP_MSECS), 0), 5);

SEC("struct_ops.s/nap")
int counted_nap(void *ctx)
{
	slots_sleep(NAP_MSECS);
	return 0;
}

SEC(".struct_ops.link")
struct slots_counted_ops counted = {
	.nap = (void *)counted_nap,
};

SEC(".struct_ops")
struct slots_counted_ops counted_unlinked = {
	.nap = (void *)counted_nap,
};

SEC("struct_ops/nap")
int forgotten_nap(void *ctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct slots_forgetful_ops forgotten = {
	.nap = (void *)forgotten_nap,
};

SEC(".struct_ops.link")
struct slots_forgetful_ops forgotten_too = {
	.nap = (void *)forgotten_nap,
};

SEC("struct_ops/nap")
int several_nap(void *ctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct slots_several_ops several_1 = {
	.nap = (void *)several_nap,
	.id = 1,
};

SEC(".struct_ops.link")
struct slots_several_ops several_2 = {
	.nap = (void *)several_nap,
	.id = 2,
};

SEC(".struct_ops.link")
struct slots_several_ops several_3 = {
	.nap = (void *)several_nap,
	.id = 3,
};
