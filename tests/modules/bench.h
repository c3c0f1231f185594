/* SPDX-License-Identifier: GPL-2.0 */
/* What a struct_ops type in C has to have, for those of `make bench`. */
#ifndef BENCH_H
#define BENCH_H

#include <linux/bpf.h>
#include <linux/btf.h>

static int bench_init_type(struct btf *btf)
{
	return 0;
}

static int bench_init_member(const struct btf_type *t,
			     const struct btf_member *member,
			     void *kdata, const void *udata)
{
	return 0;
}

static const struct bpf_verifier_ops bench_verifier_ops = {
	.get_func_proto = bpf_base_func_proto,
	.is_valid_access = bpf_tracing_btf_ctx_access,
};

static int bench_call(u64 id)
{
	return 0;
}

#endif
