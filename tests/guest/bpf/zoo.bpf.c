// SPDX-License-Identifier: GPL-2.0

/* Programs for the types of zoo.ko: a map for each kind of member. */

#include "zoo.h"

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "GPL";

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

extern struct task_struct *bpf_task_acquire(struct task_struct *p) SEC(".ksyms");
extern void bpf_task_release(struct task_struct *p) SEC(".ksyms");

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

/* The number as it is: more than C's bool can be. */
PROGRAM(agree, agrees, return ctx[0])
PROGRAM(disagree, disagrees, return ctx[0])
PROGRAM(disagree, as_it_is, return ctx[0])
MAP(agreed, .agree = (void *)prog_agrees);
MAP(disagreed, .disagree = (void *)prog_disagrees);
MAP(left, .disagree = (void *)prog_as_it_is);
SYSCALL(verdicts, return zoo_agree(0) + 2 * zoo_agree(1) + 4 * zoo_agree(2) + 8 * zoo_agree(256) +
			 16 * zoo_agree(-1))

PROGRAM(look, looks, return ((struct zoo_cage *)ctx[0])->number + (ctx[1] ? 100 : 0))
PROGRAM(look, looks_at_nobody, return *(int *)ctx[1])
PROGRAM(look, moves_in, ((struct zoo_cage *)ctx[0])->number = 1; return 0)
MAP(looked, .look = (void *)prog_looks);
MAP(looked_at_nobody, .look = (void *)prog_looks_at_nobody);
MAP(moved_in, .look = (void *)prog_moves_in);
SYSCALL(look_at_seven, return zoo_look(7))

PROGRAM(look, follows, struct zoo_cage *cage = (void *)ctx[0];
	return cage->next->number + (cage->keeper->pid ? 10 : 0) + cage->nowhere->pid +
	       cage->next->next->number)
MAP(followed, .look = (void *)prog_follows);

static int keep(struct task_struct *task)
{
	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}

static long (*const bpf_task_pt_regs)(void *task) = (void *)175;

PROGRAM(look, follows_and_moves_in, ((struct zoo_cage *)ctx[0])->next->number = 1; return 0)
MAP(followed_and_moved_in, .look = (void *)prog_follows_and_moves_in);
PROGRAM(look, helps_field, return bpf_task_pt_regs(((struct zoo_cage *)ctx[0])->nowhere))
PROGRAM(look, helps_argument, return ctx[1] ? bpf_task_pt_regs((void *)ctx[1]) : 0)
MAP(helped_field, .look = (void *)prog_helps_field);
MAP(helped_argument, .look = (void *)prog_helps_argument);

PROGRAM(look, keeps_field, return keep(((struct zoo_cage *)ctx[0])->nowhere))
PROGRAM(look, keeps_argument, return ctx[1] ? keep((void *)ctx[1]) : 0)
MAP(kept_field, .look = (void *)prog_keeps_field);
MAP(kept_argument, .look = (void *)prog_keeps_argument);

SEC("struct_ops/carry")
unsigned long long prog_carries_1(unsigned long long *ctx) { return ctx[0]; }
SEC("struct_ops/carry")
unsigned long long prog_carries_2(unsigned long long *ctx) { return ctx[1]; }
SEC("struct_ops/carry")
unsigned long long prog_carries_3(unsigned long long *ctx) { return ctx[2]; }
SEC("struct_ops/carry")
unsigned long long prog_carries_4(unsigned long long *ctx) { return ctx[3]; }
MAP(carried_1, .carry = (void *)prog_carries_1);
MAP(carried_2, .carry = (void *)prog_carries_2);
MAP(carried_3, .carry = (void *)prog_carries_3);
MAP(carried_4, .carry = (void *)prog_carries_4);
PROGRAM(carry, drops_it, return *(int *)ctx[2])
MAP(dropped, .carry = (void *)prog_drops_it);
SYSCALL(carry, return zoo_carry())

MAP(counts, .ask = (void *)prog_asked, .id = 1);
MAP(linked, .ask = (void *)prog_asked, .id = 90);
SEC(".struct_ops")
struct zoo_ops unlinked = { .ask = (void *)prog_asked, .id = 90 };
MAP(sets_list, .ask = (void *)prog_asked, .list = { (void *)1, (void *)1 });
MAP(sets_asked, .ask = (void *)prog_asked, .asked = { 1 });
MAP(sets_key, .ask = (void *)prog_asked, .key = 1);
SYSCALL(ask_twice, zoo_ask(1); return zoo_ask(2))

PROGRAM(feel, feels, return ctx[0] ? ZOO_MOOD_ASLEEP : ZOO_MOOD_DEAD)
PROGRAM(feel, feels_else, return ctx[0] ? 6 : ZOO_MOOD_CALM)
MAP(felt, .feel = (void *)prog_feels, .mood = ZOO_MOOD_DEAD);
MAP(felt_else, .feel = (void *)prog_feels_else);
MAP(moody, .feel = (void *)prog_feels, .mood = 6);
SYSCALL(feel, return zoo_feel())
SYSCALL(mood, return zoo_mood())

MAP(says_nothing, .ask = (void *)prog_asked);
MAP(says_both, .ask = (void *)prog_asked, .id = 7, .temper = ZOO_TEMPER_SHORT);
SYSCALL(id, return zoo_id())

#define NAMED(id, of)						\
	SEC(".struct_ops.link")					\
	struct zoo_named_ops id = { .name = of, .say = (void *)prog_says_##id }

PROGRAM(say, says_leo, return 1)
PROGRAM(say, says_leo_too, return 2)
PROGRAM(say, says_lea, return 3)
PROGRAM(say, says_nameless, return 4)
PROGRAM(say, says_too_long, return 4)
PROGRAM(say, says_strange, return 4)
NAMED(leo, "leo");
NAMED(leo_too, "leo");
NAMED(lea, "lea");
NAMED(nameless, "");
/* No room for the NUL. */
NAMED(too_long, "leoleole");
NAMED(strange, "l/o");
SYSCALL(leo_says, return zoo_leo_says())

PROGRAM(valid, knows, return (int)ctx[0] == 3)
PROGRAM(valid, takes_one, return zoo_one())
PROGRAM(enter, enters, return zoo_one())
PROGRAM(suspend_again, once_more, return 256)
PROGRAM(recover, recovers, return 0)

SEC(".struct_ops.link")
struct platform_suspend_ops suspends = {
	.valid = (void *)prog_knows,
	.enter = (void *)prog_enters,
	.suspend_again = (void *)prog_once_more,
};

SEC(".struct_ops.link")
struct platform_suspend_ops takes_one = { .valid = (void *)prog_takes_one };
SEC(".struct_ops.link")
struct platform_suspend_ops recovers = { .recover = (void *)prog_recovers };
SYSCALL(suspend, return zoo_suspend(3))
SYSCALL(suspend_else, return zoo_suspend(2))

struct inet_connection_sock {
	unsigned long long icsk_ca_priv[13];
} __attribute__((preserve_access_index));

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	unsigned int snd_cwnd;
	unsigned int snd_cwnd_cnt;
	unsigned int snd_ssthresh;
} __attribute__((preserve_access_index));

#define TUNES(name, body)					\
	PROGRAM(tune, name, struct tcp_sock *sk __attribute__((unused)) = (void *)ctx[2]; \
		struct tcp_sock *other __attribute__((unused)) = (void *)ctx[3]; body; return 0) \
	SEC(".struct_ops.link")					\
	struct zoo_tcp_ops name = { .tune = (void *)prog_##name }

TUNES(tunes_cwnd, sk->snd_cwnd = sk->snd_ssthresh);
TUNES(tunes_part, sk->inet_conn.icsk_ca_priv[3] = 1);
TUNES(tunes_other, if (other) other->snd_ssthresh = 1);
TUNES(tunes_count, sk->snd_cwnd_cnt = 1);
TUNES(tunes_too_much, *(unsigned long long *)&sk->snd_cwnd = 1);
TUNES(tunes_behind, *((unsigned int *)&sk->snd_ssthresh + 1) = 1);
TUNES(tunes_nothing, other->snd_ssthresh = 1);

PROGRAM(admit, admits, struct task_struct *visitor = (void *)ctx[1];
	unsigned int sum = zoo_price((void *)ctx[0]) * 100 + zoo_is_current(0);
	return visitor ? sum + zoo_is_current(visitor) * 10 : 0)
PROGRAM(admit, forges, unsigned long long forged[2] = {}; return zoo_price((void *)forged))
PROGRAM(admit, confuses, return ctx[1] ? zoo_price((void *)ctx[1]) : 0)
PROGRAM(admit, opens, return *(int *)ctx[0])
MAP(admitted, .admit = (void *)prog_admits);
MAP(forged, .admit = (void *)prog_forges);
MAP(confused, .admit = (void *)prog_confuses);
MAP(opened, .admit = (void *)prog_opens);
SYSCALL(admit_for_five, return zoo_admit(5))

struct mm_struct {
	int map_count;
} __attribute__((preserve_access_index));
struct cred {
	struct {
		unsigned int val;
	} euid;
} __attribute__((preserve_access_index));
struct cpumask {
	unsigned long bits[1];
} __attribute__((preserve_access_index));

PROGRAM(inspect, inspects, return (((struct mm_struct *)ctx[0])->map_count > 0) +
	(((struct cred *)ctx[1])->euid.val == 0) * 10 + ((struct cpumask *)ctx[2])->bits[0] * 100)
PROGRAM(inspect, promotes, ((struct cred *)ctx[1])->euid.val = 1; return 0)
MAP(inspected, .inspect = (void *)prog_inspects);
MAP(promoted, .inspect = (void *)prog_promotes);
SYSCALL(inspect_self, return zoo_inspect(0))

PROGRAM(look, shows_field, return zoo_is_current(((struct zoo_cage *)ctx[0])->nowhere))
MAP(showed_field, .look = (void *)prog_shows_field);

SYSCALL(sum, unsigned char bytes[7] = "\1\2\3\4\5d";
	unsigned int sum = zoo_sum(bytes, 5, 10); return sum * 1000 + bytes[4] + bytes[5])
SYSCALL(sum_nothing, unsigned char bytes[8] = {}; return zoo_sum(bytes, 0, 10))
SYSCALL(sum_too_much, unsigned char bytes[8] = {}; return zoo_sum(bytes, 9, 0))

SYSCALL(numbers, return zoo_number(ZOO_MOOD_ASLEEP) * 100 - zoo_number(ZOO_MOOD_DEAD) * 10 +
			(zoo_number(3) == -22))

SYSCALL(owner, struct cred *owner = zoo_owner(0);
	int uid; if (!owner) return 1000; uid = owner->euid.val; zoo_owner_put(owner); return uid)
SYSCALL(no_owner, struct cred *owner = zoo_owner(1000); if (owner) zoo_owner_put(owner); return !owner)
SYSCALL(keeps_owner, return !zoo_owner(0))
SYSCALL(puts_untested, zoo_owner_put(zoo_owner(0)); return 0)
SYSCALL(puts_twice, struct cred *owner = zoo_owner(0);
	if (owner) { zoo_owner_put(owner); zoo_owner_put(owner); } return 0)

SYSCALL(season, struct zoo_pass *ticket = zoo_season(); return ticket ? zoo_price(ticket) : 0)
SYSCALL(season_untested, return zoo_price(zoo_season()))

SEC("?ksyscall/getppid")
int ring(void *ctx)
{
	zoo_ring();
	return 0;
}
SYSCALL(rings, return zoo_rings())
SYSCALL(rings_by_itself, zoo_ring(); return 0)

PROGRAM(brew, brews, struct zoo_pot *pot = (void *)ctx[0]; pot->tea = pot->size * 2;
	pot->label.letters[2] = 'x'; return 0)
PROGRAM(brew, enlarges, ((struct zoo_pot *)ctx[0])->size = 9; return 0)
MAP(brewed, .brew = (void *)prog_brews);
MAP(enlarged, .brew = (void *)prog_enlarges);
SYSCALL(brew_four, return zoo_brew(4))

#define STAMPS(name, body)					\
	SYSCALL(name, unsigned char *stamps __attribute__((unused)); \
		struct zoo_pass *ticket = zoo_season(); if (!ticket) return 0; body)
STAMPS(stamp, stamps = zoo_stamps(ticket, 2, 4); if (!stamps) return 0; stamps[3] = 9;
	stamps = zoo_stamps(ticket, 5, 3); return stamps ? stamps[0] : 0)
STAMPS(stamps_too_many, return !zoo_stamps(ticket, 6, 4) + !zoo_stamps(ticket, 9, 0) * 10)
STAMPS(stamps_untested, return zoo_stamps(ticket, 0, 1)[0])
STAMPS(stamps_behind, stamps = zoo_stamps(ticket, 0, 4); return stamps ? stamps[4] : 0)
STAMPS(stamps_any, stamps = zoo_stamps(ticket, 0, zoo_rings()); return !stamps)

struct {
	int (*type)[33]; /* BPF_MAP_TYPE_ARENA */
	int (*map_flags)[1024]; /* BPF_F_MMAPABLE */
	int (*max_entries)[1];
} arena SEC(".maps");

#define ARENA __attribute__((address_space(1)))
extern void ARENA *bpf_arena_alloc_pages(void *map, void ARENA *addr, unsigned int pages,
					 int node, unsigned long long flags) SEC(".ksyms");

PROGRAM(pour, pours, struct zoo_pot ARENA *pot = (struct zoo_pot ARENA *)ctx[0];
	/* That it uses it tells which arena is meant. */
	asm volatile("" :: "r"(&arena)); return pot->tea -= 2)
MAP(poured, .pour = (void *)prog_pours);
SYSCALL(pour, struct zoo_pot ARENA *pot = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
	if (!pot) return 0; pot->tea = 9; return zoo_pour(pot) * 10 + pot->tea)

struct sk_buff {
	unsigned int len;
} __attribute__((preserve_access_index));

#define LINE(name, body)					\
	PROGRAM(enqueue, name, body)				\
	SEC(".struct_ops.link")					\
	struct zoo_line_ops name = { .enqueue = (void *)prog_##name, .dequeue = (void *)prog_has_none }

SEC("struct_ops/dequeue")
struct sk_buff *prog_has_none(unsigned long long *ctx) { return 0; }
LINE(drops, return zoo_drop((struct sk_buff *)ctx[0]));
LINE(keeps, return 0);
LINE(drops_twice, zoo_drop((struct sk_buff *)ctx[0]); return zoo_drop((struct sk_buff *)ctx[0]));
SYSCALL(wait, return zoo_wait(100))
