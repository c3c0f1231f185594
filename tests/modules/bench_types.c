// SPDX-License-Identifier: GPL-2.0
/*
 * A C module with a thousand struct_ops types, for `make bench`: what does
 * one cost when there are many?
 *
 * The types are bench_type_000 to bench_type_999, alike. Each "+" that is
 * written to /sys/kernel/debug/bench_types/types registers the next one, and
 * "-" unregisters the last.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/debugfs.h>
#include <linux/module.h>

#include "bench.h"

#define TEN(each, n)							\
	each(n##0) each(n##1) each(n##2) each(n##3) each(n##4)		\
	each(n##5) each(n##6) each(n##7) each(n##8) each(n##9)
#define HUNDRED(each, n)						\
	TEN(each, n##0) TEN(each, n##1) TEN(each, n##2)			\
	TEN(each, n##3) TEN(each, n##4) TEN(each, n##5)			\
	TEN(each, n##6) TEN(each, n##7) TEN(each, n##8)			\
	TEN(each, n##9)
#define THOUSAND(each)							\
	HUNDRED(each, 0) HUNDRED(each, 1) HUNDRED(each, 2)		\
	HUNDRED(each, 3) HUNDRED(each, 4) HUNDRED(each, 5)		\
	HUNDRED(each, 6) HUNDRED(each, 7) HUNDRED(each, 8)		\
	HUNDRED(each, 9)

static int bench_types_reg(void *kdata, struct bpf_link *link)
{
	return 0;
}

static void bench_types_unreg(void *kdata, struct bpf_link *link)
{
}

static int bench_types_update(void *kdata, void *old_kdata,
			      struct bpf_link *link)
{
	return 0;
}

#define TYPE(n)								\
	struct bench_type_##n {						\
		int (*call)(u64 id);					\
	};								\
	static struct bench_type_##n stubs_##n = {			\
		.call = bench_call,				\
	};								\
	static struct bpf_struct_ops type_##n = {			\
		.verifier_ops = &bench_verifier_ops,		\
		.init = bench_init_type,				\
		.init_member = bench_init_member,			\
		.reg = bench_types_reg,					\
		.unreg = bench_types_unreg,				\
		.update = bench_types_update,				\
		.cfi_stubs = &stubs_##n,				\
		.owner = THIS_MODULE,					\
		.name = "bench_type_" #n,				\
	};								\
	static int register_##n(void)					\
	{								\
		return register_bpf_struct_ops(&type_##n,		\
					       bench_type_##n);		\
	}

THOUSAND(TYPE)

#define ENTRY(n) { register_##n, &type_##n },

static const struct {
	int (*add)(void);
	struct bpf_struct_ops *type;
} types[] = { THOUSAND(ENTRY) };

static DEFINE_MUTEX(lock);
static unsigned int registered;

static int bench_types_add(void)
{
	int ret;

	if (registered == ARRAY_SIZE(types))
		return -ENOSPC;
	ret = types[registered].add();
	if (!ret)
		registered++;
	return ret;
}

/* BENCH_SERIES: the kernel has the series of patches/. */
static int bench_types_remove(void)
{
#ifdef BENCH_SERIES
	if (!registered)
		return -ENOENT;
	unregister_bpf_struct_ops(types[--registered].type);
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static ssize_t bench_types_write(struct file *file, const char __user *buf,
				 size_t len, loff_t *off)
{
	int ret;
	char c;

	if (get_user(c, buf))
		return -EFAULT;
	guard(mutex)(&lock);
	ret = c == '+' ? bench_types_add() : bench_types_remove();
	return ret ?: len;
}

static const struct file_operations bench_types_fops = {
	.owner = THIS_MODULE,
	.write = bench_types_write,
};

static int __init bench_types_init(void)
{
	struct dentry *dir = debugfs_create_dir("bench_types", NULL);

	debugfs_create_file("types", 0200, dir, NULL, &bench_types_fops);
	return 0;
}
module_init(bench_types_init);

MODULE_AUTHOR("The struct_ops-in-Rust authors");
MODULE_DESCRIPTION("A thousand struct_ops types");
MODULE_LICENSE("GPL");
