# SPDX-License-Identifier: GPL-2.0
# Makes test_kmods/bpf_test_st_ops.c of the series fit for the base kernel: takes out what the base
# does not have, and puts a stand-in where it has nothing at all.
s/static const struct bpf_struct_ops \(.*\) = {/static struct bpf_struct_ops \1 = {/
s/^static const struct bpf_struct_ops reg_ops;/static struct bpf_struct_ops reg_ops;/
s/bpf_prog_get_assoc_struct_ops(\([a-z_]*\), &reg_ops)/bpf_prog_get_assoc_struct_ops(\1)/
/^#include "bpf_test_st_ops.h"/a\
#define unregister_bpf_struct_ops(ops) ((void)(ops))
