// SPDX-License-Identifier: GPL-2.0

/* Formats that the kernel or the module refuses. */

#include "binfmt.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

/* libbpf finds no kfunc that takes it without this. */
struct linux_binprm {
	char buf[256];
} __attribute__((preserve_access_index));

#define PROGRAM(member, name, body)				\
	SEC("struct_ops.s/" #member)				\
	int name(unsigned long long *ctx)			\
	{							\
		struct linux_binprm *file __attribute__((unused)) = (void *)ctx[0]; \
		char path[] __attribute__((unused)) = "/usr/bin/cat"; \
		body;						\
	}
#define FORMAT(id, matching, loading)				\
	SEC(".struct_ops.link")					\
	struct binfmt_misc_ops id = {				\
		.match = (void *)matching, .load = (void *)loading, .name = #id, }

PROGRAM(match, always, return 1)
PROGRAM(load, nothing, return 0)
PROGRAM(match, chooses_too_early, return bpf_binprm_set_interp(file, path, sizeof(path)))
PROGRAM(load, relative, return bpf_binprm_set_interp(file, path + 1, sizeof(path) - 1))
PROGRAM(load, endless, return bpf_binprm_set_interp(file, path, sizeof(path) - 1))
PROGRAM(load, unknown, return bpf_binprm_set_flags(file, 32))
PROGRAM(load, both, return bpf_binprm_set_flags(file, 1 | 8))
PROGRAM(load, missing, path[1] = 'x'; return bpf_binprm_set_interp(file, path, sizeof(path)))
PROGRAM(load, strange, return 5)
FORMAT(early, chooses_too_early, nothing);
FORMAT(chooses_nothing, always, nothing);
FORMAT(is_relative, always, relative);
FORMAT(is_endless, always, endless);
FORMAT(is_unknown, always, unknown);
FORMAT(wants_both, always, both);
FORMAT(is_missing, always, missing);
FORMAT(is_strange, always, strange);
