// SPDX-License-Identifier: GPL-2.0

/* Programs that a registry without the series would let do harm. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

static long (*const bpf_tail_call)(void *ctx, void *map, unsigned int index) = (void *)12;

#define BPF_MAP_TYPE_PROG_ARRAY 3

struct {
	int (*type)[BPF_MAP_TYPE_PROG_ARRAY];
	int (*max_entries)[1];
	unsigned int *key;
	unsigned int *value;
} programs SEC(".maps");

struct minimal_ops {
	int (*may_attach)(unsigned long long when);
};

/* The first of these members has the index 10. */
struct bpf_testmod_ops {
	int (*tramp_13)(int value);
	int (*tramp_14)(int value);
	int (*tramp_15)(int value);
	int (*tramp_16)(int value);
};

SEC("struct_ops/may_attach")
int calls_may_attach(void *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return 0;
}

SEC(".struct_ops.link")
struct minimal_ops calls = {
	.may_attach = (void *)calls_may_attach,
};

#define MEMBER(number)				\
SEC("struct_ops/tramp_" #number)		\
int member_##number(void *ctx)			\
{						\
	return 0;				\
}						\
						\
SEC(".struct_ops.link")				\
struct bpf_testmod_ops table_##number = {	\
	.tramp_##number = (void *)member_##number,	\
}

MEMBER(13); /* index 22 */
MEMBER(14); /* index 23, BPF_TRACE_RAW_TP */
MEMBER(15); /* index 24, BPF_TRACE_FENTRY */
MEMBER(16); /* index 25, BPF_TRACE_FEXIT */
