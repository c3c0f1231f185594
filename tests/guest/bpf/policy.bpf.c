// SPDX-License-Identifier: GPL-2.0

/* Programs that keep to the rules of policy.ko, and programs that do not: a map for each. */

#include "policy.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

static unsigned long long (*const bpf_ktime_get_ns)(void) = (void *)5;
static unsigned long long (*const bpf_jiffies64)(void) = (void *)118;

#define IN_SECTION(section, type, member, name, body)		\
	SEC(section)						\
	int prog_##name(unsigned long long *ctx)		\
	{							\
		struct policy_account *account __attribute__((unused)) = (void *)ctx[0]; \
								\
		body;						\
		return 0;					\
	}							\
								\
	SEC(".struct_ops.link")					\
	struct type name = { .member = (void *)prog_##name }

#define PROGRAM(type, member, name, body)			\
	IN_SECTION("struct_ops/" #member, type, member, name, body)

#define SLEEPABLE(type, member, name, body)			\
	IN_SECTION("struct_ops.s/" #member, type, member, name, body)

/* Not loaded unless a test asks for it. */
#define SYSCALL(name, body)					\
	SEC("?syscall")						\
	int name(void *ctx)					\
	{							\
		body;						\
		return 0;					\
	}

PROGRAM(policy_ops, charge, writes_used, account->used = 1);
PROGRAM(policy_ops, charge, writes_half, *((unsigned int *)&account->used + 1) = 1);
PROGRAM(policy_ops, peek, writes_flags, account->flags = 1);
PROGRAM(policy_ops, charge, writes_limit, account->limit = 1);
PROGRAM(policy_ops, charge, writes_owner, account->owner = 1);
PROGRAM(policy_ops, charge, writes_both, *(unsigned long long *)&account->owner = 1);
PROGRAM(policy_ops, charge, writes_behind, account[1].used = 1);
PROGRAM(policy_ops, charge, writes_task, *((unsigned int *)ctx[1] + 2) = 1);

PROGRAM(policy_ops, charge, charge_calls, policy_for_type(1); policy_for_member(1));
PROGRAM(policy_ops, peek, peek_calls_type, policy_for_type(1));
PROGRAM(policy_ops, peek, peek_calls_member, policy_for_member(1));
PROGRAM(policy_other_ops, charge, other_calls_type, policy_for_type(1));
PROGRAM(policy_other_ops, charge, other_calls_member, policy_for_member(1));

PROGRAM(policy_ops, charge, charge_calls_two, policy_for_two(1));
SLEEPABLE(policy_ops, settle, settle_calls_two, policy_for_two(1));
PROGRAM(policy_ops, peek, peek_calls_two, policy_for_two(1));
PROGRAM(policy_other_ops, charge, other_calls_other, policy_for_other(1));
PROGRAM(policy_ops, charge, charge_calls_other, policy_for_other(1));
PROGRAM(policy_ops, charge, charge_calls_syscall, struct policy_account on_stack = {}; policy_charge(&on_stack));
SYSCALL(syscall_calls_member, policy_for_member(1))
SYSCALL(syscall_calls_type, policy_for_type(1))
SYSCALL(registers, return policy_register())

SLEEPABLE(policy_ops, settle, settle_sleeps, policy_sleeps());
PROGRAM(policy_ops, settle, settle_does_not_sleep, policy_sleeps());

PROGRAM(policy_ops, charge, charge_time, bpf_ktime_get_ns(); bpf_jiffies64());
PROGRAM(policy_ops, peek, peek_time, bpf_ktime_get_ns());
PROGRAM(policy_ops, peek, peek_jiffies, bpf_jiffies64());
