// SPDX-License-Identifier: GPL-2.0

/*
 * Writes a line for each struct_ops type that is registered.
 *
 * What it reads is declared here, because the command is built without a kernel,
 * and runs on one without this iterator, too: it says so then. libbpf finds the
 * members in the running kernel by name.
 */

typedef signed int __s32;
typedef signed long long __s64;
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct seq_file;

struct bpf_iter_meta___shown {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

typedef struct {
	int counter;
} __attribute__((preserve_access_index)) atomic_t;

struct bpf_struct_ops_desc___shown {
	char name[128];
	char btf_name[56];
	__u32 btf_id;
	atomic_t nr_maps;
	atomic_t nr_links;
} __attribute__((preserve_access_index));

struct bpf_iter__struct_ops___shown {
	struct bpf_iter_meta___shown *meta;
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
