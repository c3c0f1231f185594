// SPDX-License-Identifier: GPL-2.0
/*
 * A careful C module that does what bench_rust.ko does, for `make bench` to
 * compare with.
 *
 * What is written to /sys/kernel/debug/bench_c/run is the name of a row. The
 * module then makes the calls of this row CALLS times.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "bench.h"

#define CALLS 10000
#define MANY 16

/* One table, by RCU. */
struct bench_c_ops {
	int (*zero)(void);
	int (*two)(u64 a, u64 b);
	int (*five)(u64 a, u64 b, u64 c, u64 d, u64 e);
};

/* One table, by SRCU. */
struct bench_c_srcu_ops {
	int (*call)(u64 id);
};

/* One table, counted for each call. */
struct bench_c_counted_ops {
	int (*call)(u64 id);
};

/* Several tables. */
struct bench_c_many_ops {
	int (*call)(u64 id);
};

/* Several tables, the lowest first. */
struct bench_c_order_ops {
	int (*call)(u64 id);
	int priority;
};

static struct bench_c_ops __rcu *holder;
static struct bench_c_srcu_ops __rcu *srcu_holder;
static struct bench_c_counted_ops __rcu *counted_holder;
static struct bench_c_many_ops __rcu *many[MANY];
DEFINE_STATIC_SRCU(srcu);
static DEFINE_MUTEX(lock);

struct entry {
	struct list_head node;
	struct bench_c_order_ops *ops;
};

static LIST_HEAD(order);

/* One that comes and goes. */
struct bench_c_spare_ops {
	int (*call)(u64 id);
};

/* What is measured: a function for each row. */
#define BY_RCU(row, ...)						\
static noinline int row_##row(u64 id)					\
{									\
	const struct bench_c_ops *ops;					\
	int ret = -ENOENT;						\
									\
	rcu_read_lock();						\
	ops = rcu_dereference(holder);					\
	if (ops)							\
		ret = ops->row(__VA_ARGS__);				\
	rcu_read_unlock();						\
	return ret;							\
}

BY_RCU(zero)
BY_RCU(two, id, id)
BY_RCU(five, id, id, id, id, id)

static noinline int row_srcu(u64 id)
{
	const struct bench_c_srcu_ops *ops;
	int ret = -ENOENT, idx;

	idx = srcu_read_lock(&srcu);
	ops = srcu_dereference(srcu_holder, &srcu);
	if (ops)
		ret = ops->call(id);
	srcu_read_unlock(&srcu, idx);
	return ret;
}

static noinline int row_counted(u64 id)
{
	const struct bench_c_counted_ops *ops;
	int ret = -ENOENT;

	rcu_read_lock();
	ops = rcu_dereference(counted_holder);
	if (ops && !bpf_struct_ops_get(ops))
		ops = NULL;
	rcu_read_unlock();
	if (ops) {
		ret = ops->call(id);
		bpf_struct_ops_put(ops);
	}
	return ret;
}

static noinline int row_many(u64 id)
{
	int i, ret = 0;

	rcu_read_lock();
	for (i = 0; i < MANY; i++) {
		const struct bench_c_many_ops *ops = rcu_dereference(many[i]);

		if (ops)
			ret |= ops->call(id);
	}
	rcu_read_unlock();
	return ret;
}

static noinline int row_order(u64 id)
{
	const struct entry *entry;
	int ret = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(entry, &order, node)
		ret |= entry->ops->call(id);
	rcu_read_unlock();
	return ret;
}

/*
 * The floor: the same calls of the programs, without anything around them but
 * one critical section for all.
 */
#define BARE(row, type, place, ...)					\
static noinline void bare_##row(void)					\
{									\
	const struct type *ops;						\
	u64 id;								\
									\
	rcu_read_lock();						\
	ops = rcu_dereference(place);					\
	for (id = 0; ops && id < CALLS; id++)				\
		ops->row(__VA_ARGS__);					\
	rcu_read_unlock();						\
}

BARE(zero, bench_c_ops, holder)
BARE(two, bench_c_ops, holder, id, id)
BARE(five, bench_c_ops, holder, id, id, id, id, id)
BARE(call, bench_c_counted_ops, counted_holder, id)

static __always_inline void repeat(int (*call)(u64 id))
{
	u64 id;

	for (id = 0; id < CALLS; id++)
		call(id);
}

static struct dentry *bench_c_dir;

static int bench_c_init_order(const struct btf_type *t,
			      const struct btf_member *member,
			      void *kdata, const void *udata)
{
	const struct bench_c_order_ops *from = udata;
	struct bench_c_order_ops *to = kdata;

	if (__btf_member_bit_offset(t, member) / 8 !=
	    offsetof(struct bench_c_order_ops, priority))
		return 0;
	to->priority = from->priority;
	return 1;
}

/* Who holds the RCU read lock calls no program that sleeps. */
static int bench_c_check_member(const struct btf_type *t,
				const struct btf_member *member,
				const struct bpf_prog *prog)
{
	return prog->sleepable ? -EINVAL : 0;
}

/* Nobody asks whether there is a program before it is called. */
#define REQUIRED(part, programs)					\
static int bench_##part##_validate(void *kdata)				\
{									\
	const struct bench_##part##_ops *ops = kdata;			\
									\
	return (programs) ? 0 : -EINVAL;				\
}

REQUIRED(c, ops->zero && ops->two && ops->five)
REQUIRED(c_srcu, ops->call)
REQUIRED(c_counted, ops->call)
REQUIRED(c_many, ops->call)
REQUIRED(c_order, ops->call)
REQUIRED(c_spare, ops->call)

static int bench_c_set(void __rcu **place, void *kdata)
{
	guard(mutex)(&lock);
	if (rcu_access_pointer(*place))
		return -EBUSY;
	rcu_assign_pointer(*place, kdata);
	return 0;
}

static int bench_c_replace(void __rcu **place, void *kdata, void *old_kdata)
{
	guard(mutex)(&lock);
	if (rcu_access_pointer(*place) != old_kdata)
		return -ENOENT;
	rcu_assign_pointer(*place, kdata);
	return 0;
}

static void bench_c_clear(void __rcu **place)
{
	guard(mutex)(&lock);
	RCU_INIT_POINTER(*place, NULL);
}

#define ONE(part, place, synchronize)					\
static int bench_##part##_reg(void *kdata, struct bpf_link *link)	\
{									\
	return bench_c_set((void __rcu **)&place, kdata);		\
}									\
									\
static int bench_##part##_update(void *kdata, void *old_kdata,		\
				 struct bpf_link *link)			\
{									\
	int ret = bench_c_replace((void __rcu **)&place, kdata,		\
				  old_kdata);				\
									\
	if (!ret)							\
		synchronize;						\
	return ret;							\
}									\
									\
static void bench_##part##_unreg(void *kdata, struct bpf_link *link)	\
{									\
	bench_c_clear((void __rcu **)&place);				\
	synchronize;							\
}

ONE(c, holder, synchronize_rcu())
ONE(c_srcu, srcu_holder, synchronize_srcu(&srcu))
ONE(c_counted, counted_holder, synchronize_rcu())

/* The place of a table, or of none. */
static int bench_c_many_find(const void *kdata)
{
	int i;

	lockdep_assert_held(&lock);
	for (i = 0; i < MANY; i++)
		if (rcu_access_pointer(many[i]) == kdata)
			return i;
	return -ENOENT;
}

/* Each table is there once: to detach one of two links would detach both. */
static int bench_c_many_reg(void *kdata, struct bpf_link *link)
{
	int place;

	guard(mutex)(&lock);
	if (bench_c_many_find(kdata) >= 0)
		return -EBUSY;
	place = bench_c_many_find(NULL);
	if (place < 0)
		return -ENOSPC;
	rcu_assign_pointer(many[place], kdata);
	return 0;
}

static int bench_c_many_update(void *kdata, void *old_kdata,
			       struct bpf_link *link)
{
	int place;

	scoped_guard(mutex, &lock) {
		if (kdata != old_kdata && bench_c_many_find(kdata) >= 0)
			return -EBUSY;
		place = bench_c_many_find(old_kdata);
		if (place < 0)
			return place;
		rcu_assign_pointer(many[place], kdata);
	}
	synchronize_rcu();
	return 0;
}

static void bench_c_many_unreg(void *kdata, struct bpf_link *link)
{
	int place;

	scoped_guard(mutex, &lock) {
		place = bench_c_many_find(kdata);
		if (place >= 0)
			RCU_INIT_POINTER(many[place], NULL);
	}
	synchronize_rcu();
}

static struct entry *bench_c_order_find(void *kdata)
{
	struct entry *each;

	list_for_each_entry(each, &order, node)
		if (each->ops == kdata)
			return each;
	return NULL;
}

static void bench_c_order_add(struct entry *new, void *kdata)
{
	struct list_head *before = &order;
	struct entry *each;

	new->ops = kdata;
	list_for_each_entry(each, &order, node) {
		if (each->ops->priority > new->ops->priority)
			break;
		before = &each->node;
	}
	list_add_rcu(&new->node, before);
}

static int bench_c_order_reg(void *kdata, struct bpf_link *link)
{
	struct entry *new = kzalloc_obj(*new);

	if (!new)
		return -ENOMEM;
	guard(mutex)(&lock);
	bench_c_order_add(new, kdata);
	return 0;
}

/* A reader may meet both tables, which those of bench_rust.ko do not. */
static int bench_c_order_update(void *kdata, void *old_kdata,
				struct bpf_link *link)
{
	struct entry *new = kzalloc_obj(*new), *old;

	if (!new)
		return -ENOMEM;
	scoped_guard(mutex, &lock) {
		bench_c_order_add(new, kdata);
		old = bench_c_order_find(old_kdata);
		if (old)
			list_del_rcu(&old->node);
	}
	synchronize_rcu();
	kfree(old);
	return 0;
}

static void bench_c_order_unreg(void *kdata, struct bpf_link *link)
{
	struct entry *found;

	scoped_guard(mutex, &lock) {
		found = bench_c_order_find(kdata);
		if (found)
			list_del_rcu(&found->node);
	}
	synchronize_rcu();
	kfree(found);
}

static int bench_c_zero(void)
{
	return 0;
}

static int bench_c_two(u64 a, u64 b)
{
	return 0;
}

static int bench_c_five(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return 0;
}

static struct bench_c_ops c_stubs = {
	.zero = bench_c_zero,
	.two = bench_c_two,
	.five = bench_c_five,
};

static struct bench_c_srcu_ops c_srcu_stubs = { .call = bench_call };
static struct bench_c_counted_ops c_counted_stubs = { .call = bench_call };
static struct bench_c_many_ops c_many_stubs = { .call = bench_call };
static struct bench_c_order_ops c_order_stubs = { .call = bench_call };
static struct bench_c_spare_ops c_spare_stubs = { .call = bench_call };

/* Nothing is done with its tables. */
static int bench_c_spare_reg(void *kdata, struct bpf_link *link)
{
	return 0;
}

static void bench_c_spare_unreg(void *kdata, struct bpf_link *link)
{
}

#define TYPE(part, initialise, ...)					\
static struct bpf_struct_ops bench_##part = {				\
	.verifier_ops = &bench_verifier_ops,				\
	.init = bench_init_type,					\
	.init_member = initialise,					\
	.validate = bench_##part##_validate,				\
	.reg = bench_##part##_reg,					\
	.unreg = bench_##part##_unreg,					\
	.cfi_stubs = &part##_stubs,					\
	.owner = THIS_MODULE,						\
	.name = "bench_" #part "_ops",					\
	__VA_ARGS__							\
}

TYPE(c, bench_init_member, .check_member = bench_c_check_member,
	.update = bench_c_update);
TYPE(c_srcu, bench_init_member, .update = bench_c_srcu_update);
TYPE(c_counted, bench_init_member, .update = bench_c_counted_update);
TYPE(c_many, bench_init_member, .check_member = bench_c_check_member,
	.update = bench_c_many_update);
TYPE(c_order, bench_c_init_order, .check_member = bench_c_check_member,
	.update = bench_c_order_update);
TYPE(c_spare, bench_init_member, .check_member = bench_c_check_member);

static int bench_c_add(void)
{
	return register_bpf_struct_ops(&bench_c_spare, bench_c_spare_ops);
}

/* BENCH_SERIES: the kernel has the series of patches/. */
static void bench_c_remove(void)
{
#ifdef BENCH_SERIES
	unregister_bpf_struct_ops(&bench_c_spare);
#endif
}

static ssize_t bench_c_write(struct file *file, const char __user *buf,
			     size_t len, loff_t *off)
{
	char row[16] = {};

	if (len >= sizeof(row) || copy_from_user(row, buf, len))
		return -EINVAL;
	if (!strcmp(row, "zero"))
		repeat(row_zero);
	else if (!strcmp(row, "two"))
		repeat(row_two);
	else if (!strcmp(row, "five"))
		repeat(row_five);
	else if (!strcmp(row, "srcu"))
		repeat(row_srcu);
	else if (!strcmp(row, "counted"))
		repeat(row_counted);
	else if (!strcmp(row, "many"))
		repeat(row_many);
	else if (!strcmp(row, "order"))
		repeat(row_order);
	else if (!strcmp(row, "bare zero"))
		bare_zero();
	else if (!strcmp(row, "bare two"))
		bare_two();
	else if (!strcmp(row, "bare five"))
		bare_five();
	else if (!strcmp(row, "bare call"))
		bare_call();
	else if (!strcmp(row, "register"))
		return bench_c_add() ?: len;
	else if (!strcmp(row, "unregister"))
		bench_c_remove();
	else
		return -EINVAL;
	return len;
}

static const struct file_operations bench_c_fops = {
	.owner = THIS_MODULE,
	.write = bench_c_write,
};

static int __init bench_c_init(void)
{
	int ret;

	ret = register_bpf_struct_ops(&bench_c, bench_c_ops);
	ret = ret ?: register_bpf_struct_ops(&bench_c_srcu, bench_c_srcu_ops);
	ret = ret ?: register_bpf_struct_ops(&bench_c_counted, bench_c_counted_ops);
	ret = ret ?: register_bpf_struct_ops(&bench_c_many, bench_c_many_ops);
	ret = ret ?: register_bpf_struct_ops(&bench_c_order, bench_c_order_ops);
	if (ret)
		return ret;
	bench_c_dir = debugfs_create_dir("bench_c", NULL);
	debugfs_create_file("run", 0200, bench_c_dir, NULL, &bench_c_fops);
	return 0;
}
module_init(bench_c_init);

/* The types go with the module. */
static void __exit bench_c_exit(void)
{
	debugfs_remove(bench_c_dir);
}
module_exit(bench_c_exit);

MODULE_AUTHOR("The struct_ops-in-Rust authors");
MODULE_DESCRIPTION("What a call costs in C");
MODULE_LICENSE("GPL");
