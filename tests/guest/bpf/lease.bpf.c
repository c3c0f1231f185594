// SPDX-License-Identifier: GPL-2.0

/* Programs that hold leases, and programs that do it wrong. None is loaded unless a test asks for it. */

#include "lease.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static void *(*const bpf_kptr_xchg)(void *dst, void *ptr) = (void *)194;

struct kept {
	struct lease __attribute__((btf_type_tag("kptr"))) *lease;
};

struct {
	int (*type)[2]; /* BPF_MAP_TYPE_ARRAY */
	int (*max_entries)[1];
	unsigned int *key;
	struct kept *value;
} store SEC(".maps");

#define SYSCALL(name, body)				\
	SEC("?syscall")					\
	int name(void *ctx)				\
	{						\
		body;					\
		return 0;				\
	}

/* Runs the body with a lease that it may hold. */
#define HOLDER(name, body) SYSCALL(name, {		\
	struct lease *lease = lease_begin(7);		\
							\
	if (!lease)					\
		return -1;				\
	body;						\
})

SYSCALL(live, return lease_live())
SYSCALL(goes_round, {
	unsigned long long result = lease_round(20);

	/* Used by `offer` and by `take`; `choose` has given another one. */
	return result == ((2ULL << 32) | 30) ? 0 : -1;
})

HOLDER(holds, {
	struct lease *again = lease_again(lease);
	unsigned int sum = lease->id + lease->term;

	sum += lease_use(lease);
	if (again) {
		/* The object outlives one reference. */
		lease_end(lease);
		sum += lease_use(again);
		sum += lease_live() * 100;
		lease_end(again);
	} else {
		lease_end(lease);
	}
	return sum;
})

HOLDER(leaks, lease_use(lease))
HOLDER(ends_twice, lease_end(lease); lease_end(lease))
HOLDER(uses_after_the_end, lease_end(lease); lease_use(lease))
HOLDER(reads_after_the_end, lease_end(lease); return lease->id)
HOLDER(writes, lease->id = 1; lease_end(lease))
HOLDER(reads_what_is_private, int private = *(int *)(lease + 1); lease_end(lease); return private)
HOLDER(uses_a_part, lease_use((void *)&lease->term); lease_end(lease))
SYSCALL(does_not_look, struct lease *lease = lease_begin(7); lease_use(lease))
SYSCALL(makes_one_up, struct lease lease = {}; lease_use(&lease))
SYSCALL(ends_one_made_up, struct lease lease = {}; lease_end(&lease))

/* Puts a lease, or none, into the map; ends the one that was there. */
static int keep(struct lease *lease)
{
	unsigned int key = 0;
	struct kept *kept = bpf_map_lookup_elem(&store, &key);

	if (!kept) {
		if (lease)
			lease_end(lease);
		return -1;
	}
	lease = bpf_kptr_xchg(&kept->lease, lease);
	if (lease) {
		int id = lease->id;

		lease_end(lease);
		return id;
	}
	return 0;
}

HOLDER(keeps, return keep(lease))
SYSCALL(takes_back, return keep((void *)0))

SYSCALL(uses_in_the_map, {
	unsigned int key = 0;
	struct kept *kept = bpf_map_lookup_elem(&store, &key);

	if (kept && kept->lease)
		lease_use(kept->lease);
})

#define CALLBACK(member, name, type, body)		\
	SEC("?struct_ops/" #member)			\
	type name(unsigned long long *ctx)		\
	{						\
		struct lease *lease __attribute__((unused)) = (void *)ctx[0];	\
							\
		body;					\
	}

CALLBACK(offer, offer_uses, int, lease_use(lease); return 0)
CALLBACK(offer, offer_ends, int, lease_end(lease); return 0)
CALLBACK(take, take_ends, int, lease_use(lease); lease_end(lease); return 0)
CALLBACK(take, take_leaks, int, return 0)
SEC("?struct_ops/choose")
struct lease *choose_begins(void *ctx)
{
	return lease_begin(30);
}

SEC(".struct_ops.link")
struct lease_ops all = {
	.offer = (void *)offer_uses,
	.take = (void *)take_ends,
	.choose = (void *)choose_begins,
};

SEC(".struct_ops.link")
struct lease_ops ends = {
	.offer = (void *)offer_ends,
};

SEC(".struct_ops.link")
struct lease_ops leaks_one = {
	.take = (void *)take_leaks,
};
