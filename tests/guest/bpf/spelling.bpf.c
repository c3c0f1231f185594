// SPDX-License-Identifier: GPL-2.0

/* Programs for the types of spelling.ko: a map for each. */

#include "spelling.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

static unsigned long long (*const bpf_jiffies64)(void) = (void *)118;

#define PROGRAM(member, name, body)				\
	SEC("struct_ops/" #member)				\
	int prog_##name(unsigned long long *ctx)		\
	{							\
		body;						\
	}

PROGRAM(look, looks, return ctx[2] + ctx[3] + (ctx[1] ? 1 : 0))
PROGRAM(look, looks_at_nothing, return *(int *)ctx[1])
PROGRAM(look, asks_for_the_time, return bpf_jiffies64())
PROGRAM(match, matches, struct spelling_pair *pair = (void *)ctx[0];
	struct work_offq_data *other = (void *)ctx[1];
	pair->a += 1; *(unsigned char *)&pair->c = 2; return pair->a + pair->b + other->flags + spelling_for_match())
PROGRAM(match, writes_b, ((struct spelling_pair *)ctx[0])->b = 1; return 0)
PROGRAM(match, match_asks_for_the_time, return bpf_jiffies64())
PROGRAM(pick, picks, return ctx[0] + 1)
PROGRAM(ask, answers, return ctx[1] - (ctx[0] ? 0 : 1) + spelling_for_namesake())
PROGRAM(ask, answers_for_match, return spelling_for_match())
PROGRAM(ask, follows_nothing, return *(int *)ctx[0])

SEC(".struct_ops.link")
struct spelling_ops spelt = {
	.look = (void *)prog_looks,
	.match = (void *)prog_matches,
	.lengths = { 1, 2, 3 },
	.priv = 6,
};

SEC(".struct_ops.link")
struct spelling_made_ops made = { .pick = (void *)prog_picks, .limits = { 0, 0, 1000 } };

SEC(".struct_ops.link")
struct spelling_namesake_ops namesake = { .ask = (void *)prog_answers, .limit = 300 };

#define MAP(type, member, name)					\
	SEC(".struct_ops.link")					\
	struct type name = { .member = (void *)prog_##name }

MAP(spelling_ops, look, looks_at_nothing);
MAP(spelling_ops, look, asks_for_the_time);
MAP(spelling_ops, match, writes_b);
MAP(spelling_ops, match, match_asks_for_the_time);
MAP(spelling_namesake_ops, ask, answers_for_match);
MAP(spelling_namesake_ops, ask, follows_nothing);

SEC("?syscall")
unsigned long long runs(void *ctx)
{
	struct spelling_pair pair = { .a = 20, .b = 30 };

	/* A program returns 32 bits: what is above them comes back separately. */
	unsigned long long said = spelling_run(&pair, 5);

	return said - (1ULL << 40) + (pair.c ? 5000 : 0);
}

/* Memory that is not aligned for the struct. */
SEC("?syscall")
unsigned long long runs_unaligned(void *ctx)
{
	unsigned char memory[16] = {};

	return spelling_run((void *)(memory + 2), 5);
}
