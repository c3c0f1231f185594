// SPDX-License-Identifier: GPL-2.0
/*
 * A struct_ops type with a mistake that the crate makes impossible: the stub has
 * another type than the member. A trampoline gets the kCFI hash of the stub, so
 * the module's own call of a program has to be stopped. Hence this is C.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/init.h>
#include <linux/module.h>

struct mistyped_ops {
	int (*call)(int value);
};

static int mistyped_ops__call(long value)
{
	return 0;
}

static struct mistyped_ops stubs = {
	.call = (void *)mistyped_ops__call,
};

static int mistyped_init_btf(struct btf *btf)
{
	return 0;
}

static int mistyped_init_member(const struct btf_type *t,
				const struct btf_member *member, void *kdata,
				const void *udata)
{
	return 0;
}

static int mistyped_reg(void *kdata, struct bpf_link *link)
{
	struct mistyped_ops *ops = kdata;

	pr_info("mistyped: calling\n");
	pr_info("mistyped: call(7) = %d\n", ops->call(7));
	return 0;
}

static void mistyped_unreg(void *kdata, struct bpf_link *link)
{
}

static const struct bpf_verifier_ops verifier_ops = {
	.is_valid_access = btf_ctx_access,
};

static struct bpf_struct_ops mistyped = {
	.verifier_ops = &verifier_ops,
	.init = mistyped_init_btf,
	.init_member = mistyped_init_member,
	.reg = mistyped_reg,
	.unreg = mistyped_unreg,
	.cfi_stubs = &stubs,
	.name = "mistyped_ops",
	.owner = THIS_MODULE,
};

static int __init mistyped_init(void)
{
	return register_bpf_struct_ops(&mistyped, mistyped_ops);
}
module_init(mistyped_init);

static void __exit mistyped_exit(void)
{
	unregister_bpf_struct_ops(&mistyped);
}
module_exit(mistyped_exit);

MODULE_AUTHOR("The struct_ops-in-Rust authors");
MODULE_DESCRIPTION("BPF struct_ops type whose stub has a wrong type");
MODULE_LICENSE("GPL");
