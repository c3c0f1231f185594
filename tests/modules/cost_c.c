// SPDX-License-Identifier: GPL-2.0
/*
 * A careful C module that does what cost_rust.ko does, for `make cost` to
 * compare with. This is the only module in C here.
 *
 * Each time /sys/kernel/debug/cost_c/run is written to it calls the attached
 * program CALLS times.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#define CALLS 10000

struct cost_c_ops {
	int (*decide)(u64 id);
};

static struct cost_c_ops __rcu *holder;
static DEFINE_MUTEX(holder_mutex);

/* What is measured. */
static noinline int decide(u64 id)
{
	const struct cost_c_ops *ops;
	int ret = -ENOENT;

	rcu_read_lock();
	ops = rcu_dereference(holder);
	if (ops)
		ret = ops->decide(id);
	rcu_read_unlock();
	return ret;
}

static ssize_t cost_c_write(struct file *file, const char __user *buf,
			    size_t len, loff_t *off)
{
	u64 id;

	for (id = 0; id < CALLS; id++) {
		int ret = decide(id);

		if (ret < 0)
			return ret;
	}
	return len;
}

static const struct file_operations cost_c_fops = {
	.owner = THIS_MODULE,
	.write = cost_c_write,
};

static struct dentry *cost_c_dir;

static int cost_c_init_type(struct btf *btf)
{
	return 0;
}

static int cost_c_init_member(const struct btf_type *t,
			      const struct btf_member *member,
			      void *kdata, const void *udata)
{
	return 0;
}

static int cost_c_check_member(const struct btf_type *t,
			       const struct btf_member *member,
			       const struct bpf_prog *prog)
{
	return prog->sleepable ? -EINVAL : 0;
}

static int cost_c_validate(void *kdata)
{
	const struct cost_c_ops *ops = kdata;

	return ops->decide ? 0 : -EINVAL;
}

static int cost_c_reg(void *kdata, struct bpf_link *link)
{
	guard(mutex)(&holder_mutex);
	if (rcu_access_pointer(holder))
		return -EBUSY;
	rcu_assign_pointer(holder, kdata);
	return 0;
}

static void cost_c_unreg(void *kdata, struct bpf_link *link)
{
	scoped_guard(mutex, &holder_mutex)
		RCU_INIT_POINTER(holder, NULL);
	synchronize_rcu();
}

static const struct bpf_verifier_ops cost_c_verifier_ops = {
	.get_func_proto = bpf_base_func_proto,
	.is_valid_access = bpf_tracing_btf_ctx_access,
};

static int cost_c_ops__decide(u64 id)
{
	return 0;
}

static struct cost_c_ops cost_c_stubs = {
	.decide = cost_c_ops__decide,
};

static struct bpf_struct_ops cost_c_st_ops = {
	.verifier_ops = &cost_c_verifier_ops,
	.init = cost_c_init_type,
	.init_member = cost_c_init_member,
	.check_member = cost_c_check_member,
	.validate = cost_c_validate,
	.reg = cost_c_reg,
	.unreg = cost_c_unreg,
	.cfi_stubs = &cost_c_stubs,
	.owner = THIS_MODULE,
	.name = "cost_c_ops",
};

static int __init cost_c_init(void)
{
	int ret;

	ret = register_bpf_struct_ops(&cost_c_st_ops, cost_c_ops);
	if (ret)
		return ret;
	cost_c_dir = debugfs_create_dir("cost_c", NULL);
	debugfs_create_file("run", 0200, cost_c_dir, NULL, &cost_c_fops);
	return 0;
}
module_init(cost_c_init);

static void __exit cost_c_exit(void)
{
	debugfs_remove(cost_c_dir);
	unregister_bpf_struct_ops(&cost_c_st_ops);
}
module_exit(cost_c_exit);

MODULE_AUTHOR("The struct_ops-in-Rust authors");
MODULE_DESCRIPTION("What a call costs in C");
MODULE_LICENSE("GPL");
