// SPDX-License-Identifier: GPL-2.0

/* A program of io_uring's own struct_ops type, which the kernel has no test for. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

enum { IOU_LOOP_CONTINUE, IOU_LOOP_STOP };

struct iou_ctx;
struct iou_loop_params;

struct io_uring_bpf_ops {
	int (*loop_step)(struct iou_ctx *ring, struct iou_loop_params *params);
	unsigned int ring_fd;
	void *priv;
};

unsigned int steps;

/* Without a completion to wait for, the loop goes round at once. */
SEC("struct_ops/loop_step")
int three_steps(unsigned long long *ctx)
{
	return ++steps % 3 ? IOU_LOOP_CONTINUE : IOU_LOOP_STOP;
}

SEC("syscall")
int counted(void *ctx)
{
	return steps;
}

SEC(".struct_ops.link")
struct io_uring_bpf_ops loop = { .loop_step = (void *)three_steps };
