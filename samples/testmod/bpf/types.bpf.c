// SPDX-License-Identifier: GPL-2.0

/*
 * Writes a line for each struct_ops type that is registered.
 *
 * The context and the descriptor are declared here, because the loader is to be
 * built against a kernel without this iterator, too: it says so when it is run.
 * libbpf finds the members in the running kernel by name.
 */

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct bpf_struct_ops_desc___shown {
	char name[128];
	char btf_name[56];
	__u32 btf_id;
	atomic_t nr_maps;
	atomic_t nr_links;
} __attribute__((preserve_access_index));

struct bpf_iter__struct_ops___shown {
	struct bpf_iter_meta *meta;
	struct bpf_struct_ops_desc___shown *desc;
} __attribute__((preserve_access_index));

SEC("iter/struct_ops")
int types(struct bpf_iter__struct_ops___shown *ctx)
{
	struct bpf_struct_ops_desc___shown *desc = ctx->desc;

	/* The last call is to say that there are no more. */
	if (!desc)
		return 0;

	BPF_SEQ_PRINTF(ctx->meta->seq, "%s %s %u %d %d\n", desc->name, desc->btf_name,
		       desc->btf_id, desc->nr_maps.counter, desc->nr_links.counter);
	return 0;
}
