// SPDX-License-Identifier: GPL-2.0

/*
 * A format of files: what begins with "PLAY" is shown by cat, with numbers at its lines. And one that
 * nobody may run.
 */

#include "binfmt.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct linux_binprm {
	char buf[256];
} __attribute__((preserve_access_index));

static int begins_with(struct linux_binprm *file, const char *four)
{
	return file->buf[0] == four[0] && file->buf[1] == four[1] && file->buf[2] == four[2] &&
	       file->buf[3] == four[3];
}

SEC("struct_ops.s/match")
int play_match(unsigned long long *ctx)
{
	return begins_with((struct linux_binprm *)ctx[0], "PLAY");
}

SEC("struct_ops.s/load")
int play_load(unsigned long long *ctx)
{
	struct linux_binprm *file = (void *)ctx[0];
	/* The verifier wants memory that can be written to. */
	char path[] = "/usr/bin/cat", argument[] = "-n";
	int error;

	error = bpf_binprm_set_interp_arg(file, argument, sizeof(argument));
	if (error)
		return error;
	return bpf_binprm_set_interp(file, path, sizeof(path));
}

SEC(".struct_ops.link")
struct binfmt_misc_ops play = {
	.match = (void *)play_match,
	.load = (void *)play_load,
	.name = "play",
};

SEC("struct_ops.s/match")
int lock_match(unsigned long long *ctx)
{
	return begins_with((struct linux_binprm *)ctx[0], "LOCK");
}

SEC("struct_ops.s/load")
int lock_load(unsigned long long *ctx)
{
	return -13; /* EACCES */
}

SEC(".struct_ops.link")
struct binfmt_misc_ops lock = {
	.match = (void *)lock_match,
	.load = (void *)lock_load,
	.name = "lock",
};
