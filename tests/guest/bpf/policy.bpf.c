// SPDX-License-Identifier: GPL-2.0

/* Programs that keep to the rules of policy.ko, and programs that do not: a map for each. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

extern unsigned int policy_for_type(unsigned int id) SEC(".ksyms");
extern unsigned int policy_for_member(unsigned int id) SEC(".ksyms");

static unsigned long long (*const bpf_ktime_get_ns)(void) = (void *)5;

struct policy_account {
	unsigned long long limit;
	unsigned long long used;
	unsigned int owner;
	unsigned int flags;
};

struct module;

struct policy_ops {
	int (*charge)(struct policy_account *account, void *task);
	int (*peek)(struct policy_account *account, void *task);
	struct module *module;
};

struct policy_other_ops {
	int (*charge)(unsigned int id);
};

#define PROGRAM(type, member, name, body)			\
	SEC("struct_ops/" #member)				\
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

PROGRAM(policy_ops, charge, charge_time, bpf_ktime_get_ns());
PROGRAM(policy_ops, peek, peek_time, bpf_ktime_get_ns());
