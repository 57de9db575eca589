/*
 * IPC and scheduling, one system call or interrupt at a time (what the exclusive kernel lock gives): three threads on two
 * CPUs, an endpoint, reply objects, and four handles. Each CPU's current thread may do any of its operations, each thread
 * may be killed, each handle closed and each time-out come, in every order.
 *
 * usage: explore_ipc CAST DEPTH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microkernel/errors.h>
#include "arch/x86_64/ipc_regs.h"
#include "explore/entry.h"
#include "explore/explore.h"
#include "explore/machine.h"
#include "explore/scene.h"
#include "explore/sched_spec.h"
#include "kernel_lock.h"

#define CPUS 2
#define TIME_OUT_NS 1000u

enum operation {
	CALL,
	CALL_TIMED,
	RECEIVE,
	RECEIVE_TIMED,
	REPLY,
	REPLY_RECEIVE,
	YIELD,
	EXIT,
	TIMER,
	INTERRUPT,
	KILL,                   /* and the thread's number */
	CLOSE = KILL + THREADS, /* and the kind of handle */
	OPERATIONS = CLOSE + HANDLE_KINDS,
};

/* The one client is as important as one server, and more or less than the other. */
static const struct cast casts[] = {
	{"two clients, a server", {0, 1, 2}, {0, 0, 0}, {false, false, true}, {3, 4, 3}},
	{"a client, two servers", {0, 1, 1}, {0, 0, 1}, {false, true, true}, {4, 3, 4}},
	{"a client, two servers with one reply object",
         {0, 1, 1},
         {0, 0, 0},
         {false, true, true},
         {3, 3, 4}},
};

static void build(void);

/* --- system calls: what the thread has in its registers --- */
static void set_arguments(struct thread *thread, unsigned index, bool is_timed)
{
	unsigned process = scene.cast->process_of[index];
	const handle_t *handles = scene.handle[process];
	bool is_server = scene.cast->is_server[index];
	uint64_t endpoint = handles[is_server ? TO_RECEIVE : TO_CALL].value;
	uint64_t reply = is_server ? handles[TO_REPLY_0 + scene.cast->reply_of[index]].value : 0;

	thread->arch.regs.rdi = endpoint | reply << 32;
	thread->arch.regs.rsi = ipc_tag(1, 0, 0, 0);
	thread->arch.regs.rdx = (is_server ? 200 : 100) + index;
	thread->arch.regs.rbx = is_timed ? TIME_OUT_NS + index : 0;
}

static bool do_ipc(struct ipc_state *s, unsigned index, enum operation operation)
{
	static const enum ipc_call calls[] = {IPC_CALL,    IPC_CALL,  IPC_RECEIVE,
	                                      IPC_RECEIVE, IPC_REPLY, IPC_REPLY_RECEIVE};
	bool is_timed = operation == CALL_TIMED || operation == RECEIVE_TIMED;

	if (scene.cast->is_server[index] != (operation >= RECEIVE))
		return false;
	switch (operation) {
	case RECEIVE:
	case RECEIVE_TIMED: spec_receive(s, scene.cast, index, is_timed); break;
	case REPLY: spec_reply(s, scene.cast, index); break;
	case REPLY_RECEIVE: spec_reply_receive(s, scene.cast, index); break;
	default: spec_call(s, scene.cast, index, is_timed); break;
	}
	set_arguments(scene.thread[index], index, is_timed);
	entry_ipc(scene.thread[index], calls[operation]);
	return true;
}

/* --- interrupts and other system calls --- */
static struct thread *victim;
static struct handle_entry *closing;

static void kill_victim(void)
{
	thread_end(victim);
}

static void close_handle(void)
{
	handle_close(closing);
}

static bool do_kill(struct ipc_state *s, unsigned index)
{
	if (!scene_is_alive(index))
		return false;
	spec_kill(s, scene.cast, index);
	victim = scene.thread[index];
	entry_interrupt(kill_victim);
	victim = NULL;
	return true;
}

static bool do_close(struct ipc_state *s, unsigned process, unsigned kind)
{
	closing = scene_entry(process, kind);
	if (!closing)
		return false;
	spec_close(s, scene.cast, process, kind);
	entry_interrupt(close_handle);
	closing = NULL;
	return true;
}

/* The first deadline of this CPU passes. */
static bool do_timer(struct ipc_state *s)
{
	const struct tree_node *first = tree_first(&this_cpu()->deadlines.by_time);

	if (!first)
		return false;
	EXPECT(first->key - TIME_OUT_NS < THREADS, "a deadline that nobody set");
	spec_time_out(s, (unsigned)(first->key - TIME_OUT_NS));
	machine_set_time(first->key);
	entry_interrupt(timer_handle);
	machine_set_time(1);
	return true;
}

static unsigned index_of_current(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (scene.thread[i] == cpu_current())
			return i;
	return NOBODY;
}

static bool act(struct ipc_state *s, enum operation operation)
{
	unsigned current = index_of_current();

	if (operation == INTERRUPT && kernel_mode_of(this_cpu()) == KERNEL_WAITING) {
		entry_interrupt(NULL);
		return true;
	}
	if (kernel_mode_of(this_cpu()) != KERNEL_OUT || operation == INTERRUPT)
		return false; /* it is told of something, and does that first */
	if (operation == TIMER)
		return do_timer(s);
	if (operation >= KILL && operation < CLOSE)
		return do_kill(s, operation - KILL);
	if (current == NOBODY)
		return false;
	if (operation == EXIT)
		return do_kill(s, current);
	if (operation == YIELD)
		entry_interrupt(sched_yield);
	else if (operation >= CLOSE)
		return do_close(s, scene.cast->process_of[current], operation - CLOSE);
	else
		return do_ipc(s, current, operation);
	return true;
}

static void settle_accounts(void)
{
	for (unsigned i = 0; i < CPUS; i++) {
		struct run_queue *queue = &cpus[i].run_queue;
		const struct thread *payer = queue->payer;

		EXPECT(!payer || payer->obj.magic == KOBJECT_MAGIC, "the payer is gone");
		queue->paid_until_ticks = queue->slice_since_ticks = 1;
		queue->unbilled_ticks = 0;
		cpus[i].deadlines.programmed_ns = UINT64_MAX;
		cpus[i].idle_since_ticks = cpus[i].current ? 0 : 1;
	}
}

static bool step(unsigned number)
{
	struct ipc_state before = scene_look();
	struct ipc_state expected = before;
	struct ipc_state real;
	const char *difference;

	machine_be_cpu(number / OPERATIONS);
	if (!act(&expected, number % OPERATIONS))
		return false;
	spec_priorities(&expected, scene.cast);
	real = scene_look();
	difference = spec_difference(&expected, &real);
	EXPECT(!difference, "%s", difference);
	sched_check();
	scene_forget();
	settle_accounts();
	machine_be_cpu(0);
	return true;
}

static void describe(unsigned number)
{
	static const char *const names[] = {"calls",    "calls with a time-out",
	                                    "receives", "receives with a time-out",
	                                    "replies",  "replies and receives",
	                                    "yields",   "exits"};
	static const char *const kinds[] = {"call", "receive", "reply 0", "reply 1"};
	unsigned operation = number % OPERATIONS;

	printf("CPU %u: ", number / OPERATIONS);
	if (operation >= CLOSE)
		printf("the current thread closes its handle to %s", kinds[operation - CLOSE]);
	else if (operation >= KILL)
		printf("thread %u is killed", operation - KILL);
	else if (operation == TIMER)
		printf("the first time-out comes");
	else if (operation == INTERRUPT)
		printf("takes the interrupt that another CPU sent");
	else
		printf("the current thread %s", names[operation]);
}

static struct world world = {
	.build = build,
	.step_count = CPUS * OPERATIONS,
	.step = step,
	.describe = describe,
};
static const struct cast *chosen;

static void build(void)
{
	scene_build(chosen, CPUS);
	entry_interrupt(NULL);
	scene_forget();
	settle_accounts();
}

int main(int argc, char **argv)
{
	unsigned cast = argc == 3 ? (unsigned)atoi(argv[1]) : 3;

	if (cast >= sizeof(casts) / sizeof(casts[0])) {
		fprintf(stderr, "usage: explore_ipc CAST DEPTH\n");
		return 2;
	}
	chosen = &casts[cast];
	world.name = chosen->name;
	return explore(&world, (unsigned)atoi(argv[2]));
}
