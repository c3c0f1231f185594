// SPDX-License-Identifier: GPL-2.0

/* Programs for the types of zoo.ko: a map for each kind of member. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct zoo_ops {
	unsigned int (*ask)(unsigned int number);
	void (*tell)(unsigned int number);
};

extern unsigned int zoo_present(void) SEC(".ksyms");

/* Not loaded unless a test asks for it, as all programs of an object with many. */
#define PROGRAM(member, name, body)				\
	SEC("struct_ops/" #member)				\
	int prog_##name(unsigned long long *ctx)		\
	{							\
		body;						\
	}

#define SYSCALL(name, body)					\
	SEC("?syscall")						\
	int name(void *ctx)					\
	{							\
		body;						\
	}

#define MAP(name, ...)						\
	SEC(".struct_ops.link")					\
	struct zoo_ops name = { __VA_ARGS__ }

PROGRAM(ask, asked, return ctx[0] + 1)
PROGRAM(tell, told, return 0)
MAP(asks, .ask = (void *)prog_asked);
MAP(tells, .tell = (void *)prog_told);
MAP(does_neither);
SYSCALL(present, return zoo_present())
