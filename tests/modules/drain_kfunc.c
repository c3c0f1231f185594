// SPDX-License-Identifier: GPL-2.0

/* Programs have no helper that sleeps for a given time. */

#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/delay.h>
#include <linux/module.h>

int drain_register_kfuncs(void);

__bpf_kfunc_start_defs();

__bpf_kfunc void drain_sleep(u32 ms)
{
	msleep(ms);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(drain_kfunc_ids)
BTF_ID_FLAGS(func, drain_sleep, KF_SLEEPABLE)
BTF_KFUNCS_END(drain_kfunc_ids)

static const struct btf_kfunc_id_set drain_kfuncs = {
	.owner = THIS_MODULE,
	.set = &drain_kfunc_ids,
};

int drain_register_kfuncs(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &drain_kfuncs);
}
