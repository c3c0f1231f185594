// SPDX-License-Identifier: GPL-2.0
/*
 * The C unit of a module: what BPF looks for in BTF, which Rust code does not have.
 *
 * STRUCT_OPS_UNIT is the file that Kbuild copies out of the module's compiled crate. It consists of
 * records, one for each #[struct_ops], #[c_struct], #[kernel_struct] and #[kfunc]. Their order is that
 * of the compiler, so they are read several times, as <trace/define_trace.h> reads its events: for
 * their code, for the kfuncs of each kind of program, and for the checks that need all of them.
 */
#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/srcu.h>
/* The verifier knows contexts of programs by these names: a struct of the module must not have one. */
#include <uapi/linux/bpf_perf_event.h>

/*
 * The last member of a struct of the module that programs can write to. The BTF of a module is made on
 * that of the kernel, and a struct that is there as well, by name and members, gets no description of
 * its own. To the verifier both would be one type. No struct of the kernel has this member.
 */
struct struct_ops_own {
};

/*
 * The ids in this file are those of the BTF that the module was built with. When the kernel loads the
 * module, it adds the same number to all ids of the module's own. Which number, nobody tells, and names
 * cannot be looked up. But there is one struct of this size, and a program tells the BTF before it is
 * verified.
 */
struct struct_ops_anchor {
	char size[0x53547242];
};
BTF_ID_LIST_SINGLE(struct_ops_anchor_id, struct, struct_ops_anchor)
static const struct btf *struct_ops_btf;
static u32 struct_ops_moved;

static void __maybe_unused struct_ops_prepare(const struct bpf_prog *prog)
{
	const struct btf *btf = prog->aux->attach_btf;
	const struct btf_type *t;
	u32 id;

	BTF_TYPE_EMIT(struct struct_ops_anchor);
	if (READ_ONCE(struct_ops_btf) == btf)
		return;
	for (id = 1; (t = btf_type_by_id(btf, id)); id++) {
		if (!btf_type_is_struct(t) || t->size != sizeof(struct struct_ops_anchor))
			continue;
		WRITE_ONCE(struct_ops_moved, id - struct_ops_anchor_id[0]);
		/* Paired with smp_load_acquire() in struct_ops_is_btf(). */
		smp_store_release(&struct_ops_btf, btf);
		return;
	}
}

/* Is it the BTF of the module? After that struct_ops_moved can be read. */
static bool __maybe_unused struct_ops_is_btf(const struct btf *btf)
{
	return btf && smp_load_acquire(&struct_ops_btf) == btf;
}

/* Does the register point to the module's own struct with this id? */
static bool __maybe_unused struct_ops_is(const struct bpf_reg_state *reg, u32 id)
{
	return struct_ops_is_btf(reg->btf) && reg->btf_id - struct_ops_moved == id;
}

/*
 * A struct of the kernel, in the BTF of vmlinux. The kernel finds it by its name, and has counted the BTF
 * then. That of a module goes on where that of vmlinux ends: an id is the same type in both if it is the
 * same entry.
 */
struct struct_ops_kernel {
	const char *name;
	size_t size;
	struct mutex lock;
	const struct btf_type *type;
	u32 id;
};

#define STRUCT_OPS_KERNEL(name)							\
static struct struct_ops_kernel struct_ops_kernel__##name __maybe_unused = {	\
	#name, sizeof(struct name), __MUTEX_INITIALIZER(struct_ops_kernel__##name.lock), \
};

static bool __maybe_unused struct_ops_find(struct struct_ops_kernel *kernel)
{
	const struct btf_type *type;
	struct btf *btf;
	s32 id;

	guard(mutex)(&kernel->lock);
	if (kernel->type)
		return true;
	id = bpf_find_btf_id(kernel->name, BTF_KIND_STRUCT, &btf);
	if (id < 0)
		return false;
	type = btf_type_by_id(btf, id);
	if (type->size != kernel->size)
		return false;
	kernel->id = id;
	kernel->type = type;
	return true;
}

/* Does the register point to this struct? */
static bool __maybe_unused struct_ops_is_kernel(const struct bpf_reg_state *reg,
						struct struct_ops_kernel *kernel)
{
	return struct_ops_find(kernel) && btf_type_by_id(reg->btf, reg->btf_id) == kernel->type;
}

/* Has the verifier take an argument for this struct, whatever the prototype says. */
static bool __maybe_unused struct_ops_promote(struct bpf_insn_access_aux *info,
					      struct struct_ops_kernel *kernel)
{
	if (base_type(info->reg_type) != PTR_TO_BTF_ID || !struct_ops_find(kernel) ||
	    btf_type_by_id(info->btf, kernel->id) != kernel->type)
		return false;
	info->btf_id = kernel->id;
	return true;
}

/* Is it a number, or an array of them? What is not a pointer or an array is looked at as it is. */
#define STRUCT_OPS_POINTS(x)	(__builtin_classify_type(x) == 5)
#define STRUCT_OPS_ELEMENT(x)	(*__builtin_choose_expr(STRUCT_OPS_POINTS(x), (x), (int *)0))
#define STRUCT_OPS_IS_NUMBER(x)							\
	(!(STRUCT_OPS_POINTS(x) &&						\
	   __builtin_types_compatible_p(typeof(x), typeof(&STRUCT_OPS_ELEMENT(x)))) && \
	 (STRUCT_OPS_POINTS(x) ? __builtin_classify_type(STRUCT_OPS_ELEMENT(x)) :	\
	  __builtin_classify_type(x)) <= 4)

/* Memory that a program passes to a kfunc, for Rust. */
struct struct_ops_bytes {
	void *data;
	u64 size;
};

/* Does an access lie in one field? */
#define STRUCT_OPS_WITHIN(name, field)						\
	(off >= (int)offsetof(struct name, field) &&				\
	 off + size <= (int)offsetofend(struct name, field))

/*
 * What a type has besides its table and stubs: the value of a map, what orders the changes of its
 * slot, and the verifier's questions. Rust has no static mutexes, and cannot compute the kCFI hash of
 * a function that takes an enum.
 */
#define STRUCT_OPS_TYPE(name)							\
struct bpf_struct_ops_##name {							\
	struct bpf_struct_ops_common_value common;				\
	struct name data ____cacheline_aligned_in_smp;				\
};										\
										\
extern struct mutex struct_ops_mutex__##name;						\
DEFINE_MUTEX(struct_ops_mutex__##name);							\
										\
void struct_ops_prepare__##name(const struct bpf_prog *prog);				\
void struct_ops_prepare__##name(const struct bpf_prog *prog)				\
{										\
	/* Compilers describe what is used. */					\
	BTF_TYPE_EMIT(struct bpf_struct_ops_##name);				\
	struct_ops_prepare(prog);						\
}

/* The domain in which callers of the type may sleep. */
#define STRUCT_OPS_SRCU(name)							\
extern struct srcu_struct struct_ops_srcu__##name;						\
DEFINE_SRCU(struct_ops_srcu__##name);

/* Instructions around programs: Rust writes them, and the first one of the program goes behind. */
#define STRUCT_OPS_PROLOGUE(name)						\
int struct_ops_prologue__##name(struct bpf_insn *insn, const struct bpf_prog *prog);	\
static int struct_ops_gen_prologue__##name(struct bpf_insn *insn, bool direct_write,	\
				const struct bpf_prog *prog)			\
{										\
	int cnt = struct_ops_prologue__##name(insn, prog);					\
										\
	/* The verifier knows no errors but this: too many instructions. */	\
	if (cnt < 0)								\
		return INSN_BUF_SIZE;						\
	if (cnt)								\
		insn[cnt++] = prog->insnsi[0];					\
	return cnt;								\
}

#define STRUCT_OPS_EPILOGUE(name)						\
int struct_ops_epilogue__##name(struct bpf_insn *insn, const struct bpf_prog *prog, s16 ctx_stack_off); \
static int struct_ops_gen_epilogue__##name(struct bpf_insn *insn, const struct bpf_prog *prog, \
				s16 ctx_stack_off)				\
{										\
	int cnt = struct_ops_epilogue__##name(insn, prog, ctx_stack_off);			\
										\
	return cnt < 0 ? INSN_BUF_SIZE : cnt;					\
}

#define STRUCT_OPS_VERIFIER(name, ...)						\
extern const struct bpf_verifier_ops struct_ops_verifier_ops__##name;			\
const struct bpf_verifier_ops struct_ops_verifier_ops__##name = {				\
	.get_func_proto = struct_ops_get_func_proto__##name,				\
	.is_valid_access = struct_ops_is_valid_access__##name,				\
	.btf_struct_access = struct_ops_btf_struct_access__##name,			\
	__VA_ARGS__								\
};

/* What drops a reference to a refcounted struct that a program has left in a map. */
#define STRUCT_OPS_DESTRUCTOR(name)						\
void name##__drop(struct name *object);						\
__bpf_kfunc_start_defs();							\
__bpf_kfunc void name##__dtor(void *object)					\
{										\
	name##__drop(object);							\
}										\
__bpf_kfunc_end_defs();								\
CFI_NOSEAL(name##__dtor);							\
/* BPF finds it by its name, in all modules; what is exported can be there only once. */ \
EXPORT_SYMBOL_GPL(name##__dtor);						\
BTF_ID_LIST(name##__ids)							\
BTF_ID(struct, name)								\
BTF_ID(func, name##__dtor)

#define STRUCT_OPS_CODE
#include STRUCT_OPS_UNIT
#undef STRUCT_OPS_CODE

/*
 * The kernel takes one set of kfuncs from a module for each kind of program. Those with `only(...)`
 * are for all kinds, with a filter.
 */
#define KFUNC(name, ...) BTF_ID_FLAGS(func, name, __VA_ARGS__)

#ifdef STRUCT_OPS_HAS_struct_ops
#define STRUCT_OPS_LIST_struct_ops
BTF_KFUNCS_START(struct_ops__struct_ops_ids)
#include STRUCT_OPS_UNIT
BTF_KFUNCS_END(struct_ops__struct_ops_ids)
#undef STRUCT_OPS_LIST_struct_ops
#endif

#ifdef STRUCT_OPS_HAS_syscall
#define STRUCT_OPS_LIST_syscall
BTF_KFUNCS_START(struct_ops__syscall_ids)
#include STRUCT_OPS_UNIT
BTF_KFUNCS_END(struct_ops__syscall_ids)
#undef STRUCT_OPS_LIST_syscall
#endif

#ifdef STRUCT_OPS_HAS_tracing
#define STRUCT_OPS_LIST_tracing
BTF_KFUNCS_START(struct_ops__tracing_ids)
#include STRUCT_OPS_UNIT
BTF_KFUNCS_END(struct_ops__tracing_ids)
#undef STRUCT_OPS_LIST_tracing
#endif

#ifdef STRUCT_OPS_HAS_kprobe
#define STRUCT_OPS_LIST_kprobe
BTF_KFUNCS_START(struct_ops__kprobe_ids)
#include STRUCT_OPS_UNIT
BTF_KFUNCS_END(struct_ops__kprobe_ids)
#undef STRUCT_OPS_LIST_kprobe
#endif

#ifdef STRUCT_OPS_HAS_only
#define STRUCT_OPS_LIST_only
BTF_KFUNCS_START(struct_ops__only_ids)
#include STRUCT_OPS_UNIT
BTF_KFUNCS_END(struct_ops__only_ids)

/* These kfuncs are in a set of their own, so this sees no others. */
#undef KFUNC
#define KFUNC(name, ...)							\
	if (kfunc_id == name##__id[0])						\
		return name##__only(type, member) ? 0 : -EACCES;
static int struct_ops__filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	const struct bpf_struct_ops *st_ops = prog->aux->st_ops;
	u32 member __maybe_unused = prog->aux->attach_st_ops_member_off;
	const char *type __maybe_unused;

	if (prog->type != BPF_PROG_TYPE_STRUCT_OPS || !st_ops || st_ops->owner != THIS_MODULE)
		return -EACCES;
	if (!struct_ops_is_btf(prog->aux->attach_btf))
		return -EACCES;
	type = st_ops->name;
	kfunc_id -= struct_ops_moved;
#include STRUCT_OPS_UNIT
	return -EACCES;
}
#undef STRUCT_OPS_LIST_only
#endif

#ifdef STRUCT_OPS_HAS_dtors
#define STRUCT_OPS_LIST_dtors
#define DESTRUCTOR(name) { name##__ids[0], name##__ids[1] },
static int struct_ops__register_dtors(void)
{
	const struct btf_id_dtor_kfunc dtors[] = {
#include STRUCT_OPS_UNIT
	};

	return register_btf_id_dtor_kfuncs(dtors, ARRAY_SIZE(dtors), THIS_MODULE);
}
#undef STRUCT_OPS_LIST_dtors
#endif

#define STRUCT_OPS_REGISTER(kind, program, ...)					\
	do {									\
		static const struct btf_kfunc_id_set set = {			\
			.owner = THIS_MODULE,					\
			.set = &struct_ops__##kind##_ids,			\
			__VA_ARGS__						\
		};								\
										\
		if (!ret)							\
			ret = register_btf_kfunc_id_set(program, &set);		\
	} while (0)

/* BPF takes no lock for this: it has to be over when programs can find the module. */
int struct_ops__register_kfuncs(void);
int struct_ops__register_kfuncs(void)
{
	static DEFINE_MUTEX(lock);
	static bool registered;
	int ret = 0;

	/* Whoever comes second waits: the module's init must not end before this does. */
	guard(mutex)(&lock);
	if (THIS_MODULE->state != MODULE_STATE_COMING)
		return -EPERM;
	if (registered)
		return -EEXIST;
	registered = true;
#ifdef STRUCT_OPS_HAS_dtors
	ret = struct_ops__register_dtors();
#endif
#ifdef STRUCT_OPS_HAS_struct_ops
	STRUCT_OPS_REGISTER(struct_ops, BPF_PROG_TYPE_STRUCT_OPS);
#endif
#ifdef STRUCT_OPS_HAS_syscall
	STRUCT_OPS_REGISTER(syscall, BPF_PROG_TYPE_SYSCALL);
#endif
#ifdef STRUCT_OPS_HAS_tracing
	STRUCT_OPS_REGISTER(tracing, BPF_PROG_TYPE_TRACING);
#endif
#ifdef STRUCT_OPS_HAS_kprobe
	STRUCT_OPS_REGISTER(kprobe, BPF_PROG_TYPE_KPROBE);
#endif
#ifdef STRUCT_OPS_HAS_only
	STRUCT_OPS_REGISTER(only, BPF_PROG_TYPE_UNSPEC, .filter = struct_ops__filter);
#endif
	return ret;
}

#define STRUCT_OPS_CHECK
#include STRUCT_OPS_UNIT
