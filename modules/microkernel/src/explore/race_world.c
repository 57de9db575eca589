/*
 * Two CPUs in the kernel at once. Each CPU is a coroutine that makes whole system calls, and the other one may come
 * between any two of its accesses to memory: while a CPU has the kernel lock shared, or is waiting for it, it pauses
 * before every access that the compiler can see. With the lock exclusive it pauses only where it looks at the lock, and
 * that nobody else is in the kernel meanwhile is checked. Memory is sequentially consistent here.
 *
 * What programs see is the specification: a request reaches one server once, an answer exactly its caller, both whole, and
 * when both CPUs are out of the kernel its objects are as scene.c and sched_spec.c demand.
 *
 * usage: explore_race CAST KILLS DEPTH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microkernel/errors.h>
#include "explore/coroutine.h"
#include "explore/entry.h"
#include "explore/explore.h"
#include "explore/hooks.h"
#include "explore/machine.h"
#include "explore/scene.h"
#include "explore/sched_spec.h"
#include "kernel_lock.h"

#define CPUS COROUTINES
#define JUNK 0xbadbadbad /* what a program has in its registers between system calls */

enum operation { GO_ON, CALL, RECEIVE, REPLY_RECEIVE, KILL, OPERATIONS = KILL + THREADS };

static const struct cast casts[] = {
	{"race of two clients for a server", {0, 1, 2}, {0, 0, 0}, {false, false, true}, {3, 4, 3}},
	{"race of two servers for a client", {0, 1, 1}, {0, 0, 1}, {false, true, true}, {3, 3, 3}},
	{"race of two servers with one reply object",
         {0, 1, 1},
         {0, 0, 0},
         {false, true, true},
         {3, 3, 3}},
};

/* What programs know. */
static bool is_asking[THREADS];     /* clients: called, not answered yet */
static bool is_delivered[THREADS];  /* clients: a server has the request */
static unsigned overtaken[THREADS]; /* clients: answers that came before a server had the request */
static uint8_t serves[THREADS];     /* by reply object: for whom the next answer is */
static enum operation chosen_operation; /* what the CPU's program does next */
static unsigned kills_left;

static unsigned current_index(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (scene.thread[i] == cpu_current())
			return i;
	return NOBODY;
}

/* Then one server may answer before the other, which has the request, has told it for whom. */
static bool is_reply_shared(void)
{
	return scene.cast->is_server[1] && scene.cast->reply_of[1] == scene.cast->reply_of[2];
}

/* --- what a thread finds when it runs again --- */
static void note_delivery(unsigned client)
{
	if (overtaken[client]) {
		overtaken[client]--;
		return;
	}
	EXPECT(!scene_is_alive(client) || (is_asking[client] && !is_delivered[client]),
	       "the request of client %u is delivered twice", client);
	is_delivered[client] = true;
}

static void take_request(unsigned server, const struct guest_registers *regs, uint64_t word)
{
	unsigned client = (unsigned)(word - 100);

	EXPECT(word >= 100 && client < THREADS && !scene.cast->is_server[client],
	       "server %u finds %lx in a request", server, word);
	EXPECT(regs->rsi == ipc_tag(1, 8, 0, 0) && regs->r8 == word && regs->r15 == word,
	       "server %u gets a torn request: words %lx and %lx, tag %lx", server, regs->r8,
	       regs->r15, regs->rsi);
	EXPECT(*(uint64_t *)scene.thread[server]->message == word, "bytes of another message");
	note_delivery(client);
	serves[scene.cast->reply_of[server]] = (uint8_t)client;
}

static void take_answer(unsigned client, const struct guest_registers *regs, uint64_t word)
{
	EXPECT(is_asking[client], "client %u is answered, and did not call", client);
	EXPECT(is_delivered[client] || is_reply_shared(),
	       "client %u is answered, and no server has its request", client);
	overtaken[client] += !is_delivered[client];
	EXPECT(word == 200 + client || (word == 200 + NOBODY && is_reply_shared()),
	       "client %u gets an answer %lx for somebody else", client, word);
	EXPECT(regs->rsi == ipc_tag(1, 8, 0, 0) && regs->r8 == word && regs->r15 == word,
	       "client %u gets a torn answer: words %lx and %lx, tag %lx", client, regs->r8,
	       regs->r15, regs->rsi);
	EXPECT(*(uint64_t *)scene.thread[client]->message == word, "bytes of another answer");
}

static void take_result(unsigned index)
{
	struct guest_registers *regs = &scene.thread[index]->arch.regs;
	bool is_server = scene.cast->is_server[index];

	if (regs->rax == NO_RESULT)
		return;
	EXPECT(regs->rax != JUNK, "thread %u runs on with no result", index);
	if (regs->rax == 0 && is_server)
		take_request(index, regs, regs->rdx);
	else if (regs->rax == 0)
		take_answer(index, regs, regs->rdx);
	if (!is_server)
		is_asking[index] = is_delivered[index] = false;
	regs->rax = NO_RESULT;
	regs->rdi = regs->rsi = regs->rdx = regs->r8 = regs->r15 = JUNK;
}

/* --- what programs do --- */
static void set_arguments(struct thread *thread, unsigned index)
{
	const handle_t *handles = scene.handle[scene.cast->process_of[index]];
	struct guest_registers *regs = &thread->arch.regs;
	bool is_server = scene.cast->is_server[index];
	uint64_t word = is_server ? 200u + serves[scene.cast->reply_of[index]] : 100u + index;

	regs->rdi = handles[TO_CALL].value;
	if (is_server)
		regs->rdi = handles[TO_RECEIVE].value |
		            (uint64_t)handles[TO_REPLY_0 + scene.cast->reply_of[index]].value << 32;
	regs->rax = JUNK;
	regs->rsi = ipc_tag(1, 8, 0, 0);
	regs->rdx = regs->r8 = regs->r15 = word;
	*(uint64_t *)thread->message = word;
}

static void make_call(unsigned index, enum ipc_call call)
{
	if (call == IPC_CALL)
		is_asking[index] = true;
	set_arguments(scene.thread[index], index);
	entry_ipc(scene.thread[index], call);
}

static unsigned victims[CPUS];

static void kill_victim(void)
{
	unsigned index = victims[this_cpu()->id];

	if (!scene_is_alive(index))
		return;
	thread_end(scene.thread[index]);
}

static bool may_do(enum operation operation)
{
	unsigned index = current_index();

	if (kernel_mode_of(this_cpu()) == KERNEL_WAITING)
		return operation == GO_ON; /* an interrupt from the other CPU */
	if (operation >= KILL)
		return kills_left && scene_is_alive(operation - KILL);
	if (operation == GO_ON || index == NOBODY)
		return false;
	return scene.cast->is_server[index] == (operation != CALL);
}

static void do_operation(unsigned cpu, enum operation operation)
{
	if (operation == GO_ON) {
		entry_interrupt(NULL);
	} else if (operation >= KILL) {
		kills_left--;
		victims[cpu] = operation - KILL;
		entry_interrupt(kill_victim);
	} else {
		make_call(current_index(), operation == CALL      ? IPC_CALL
		                           : operation == RECEIVE ? IPC_RECEIVE
		                                                  : IPC_REPLY_RECEIVE);
	}
}

static void run_cpu(unsigned cpu)
{
	for (;;) {
		unsigned index = current_index();

		if (index != NOBODY && kernel_mode_of(this_cpu()) == KERNEL_OUT)
			take_result(index);
		machine_leave_kernel(cpu);
		coroutine_pause();
		machine_enter_kernel(cpu);
		do_operation(cpu, chosen_operation);
	}
}

/* --- scheduling --- */
static bool is_of_the_lock(const void *at)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (at == &cpus[i].kernel_mode)
			return true;
	return at == &kernel_lock_taken;
}

static void pause_before_access(const void *at, bool is_atomic, bool is_write)
{
	struct cpu *cpu = this_cpu();

	(void)is_write;
	if (coroutine_owns(at))
		return;
	if (cpu->kernel_mode == KERNEL_EXCLUSIVE && !is_of_the_lock(at))
		return;
	if (!is_atomic && (const char *)at >= (const char *)cpu &&
	    (const char *)at < (const char *)(cpu + 1))
		return; /* its own: others look at it with the lock exclusive, or by atomic accesses */
	coroutine_pause();
	for (unsigned i = 0; i < CPUS && !is_atomic && cpu->kernel_mode >= KERNEL_SHARED; i++)
		EXPECT(&cpus[i] == cpu || cpus[i].kernel_mode != KERNEL_EXCLUSIVE,
		       "CPU %u and CPU %u are in the kernel, one of them with the lock exclusive",
		       cpu->id, i);
}

static void check_when_out(void)
{
	struct ipc_state real, due;
	const char *difference;

	for (unsigned i = 0; i < CPUS; i++)
		if (machine_is_in_kernel(i))
			return;
	real = due = scene_look();
	spec_priorities(&due, scene.cast);
	difference = spec_difference(&due, &real);
	EXPECT(!difference, "%s", difference);
	sched_check();
	for (unsigned i = 0; i < THREADS; i++) {
		const struct thread *thread = scene.thread[i];

		if (!scene_is_alive(i) || !is_asking[i])
			continue;
		EXPECT(thread->arch.regs.rax != JUNK || thread->state == THREAD_CALLING ||
		               thread->state == THREAD_AWAITING,
		       "client %u waits for nothing", i);
	}
}

static void forget(void)
{
	for (unsigned i = 0; i < CPUS; i++) {
		cpus[i].switch_count = cpus[i].syscall_count = cpus[i].lock_spins = 0;
		cpus[i].run_queue.paid_until_ticks = cpus[i].run_queue.slice_since_ticks = 1;
		cpus[i].run_queue.unbilled_ticks = 0;
		cpus[i].deadlines.programmed_ns = UINT64_MAX;
		cpus[i].idle_ticks = 0;
	}
}

static bool step(unsigned number)
{
	unsigned cpu = number / OPERATIONS;
	enum operation operation = number % OPERATIONS;
	bool is_possible = operation == GO_ON;

	machine_be_cpu(cpu);
	if (!machine_is_in_kernel(cpu))
		is_possible = may_do(operation);
	if (is_possible) {
		chosen_operation = operation;
		access_hook = pause_before_access;
		coroutine_resume(cpu);
		access_hook = NULL;
		chosen_operation = GO_ON;
		check_when_out();
		forget();
	}
	machine_be_cpu(0);
	return is_possible;
}

static void describe(unsigned number)
{
	static const char *const names[] = {"goes on", "the current thread calls",
	                                    "the current thread receives",
	                                    "the current thread replies and receives"};
	unsigned operation = number % OPERATIONS;

	printf("CPU %u: ", number / OPERATIONS);
	if (operation >= KILL)
		printf("thread %u is to be killed", operation - KILL);
	else
		printf("%s", names[operation]);
}

static const struct cast *chosen;
static unsigned kills;

static void build(void)
{
	scene_build(chosen, CPUS);
	entry_interrupt(NULL);
	for (unsigned i = 0; i < THREADS; i++)
		serves[i] = NOBODY;
	kills_left = kills;
	for (unsigned i = 0; i < CPUS; i++) {
		machine_be_cpu(i);
		coroutine_start(i, run_cpu);
		coroutine_resume(i);
	}
	machine_be_cpu(0);
	forget();
}

static struct world world = {
	.build = build,
	.step_count = CPUS * OPERATIONS,
	.step = step,
	.describe = describe,
};

int main(int argc, char **argv)
{
	unsigned cast = argc == 4 ? (unsigned)atoi(argv[1]) : 3;

	if (cast >= sizeof(casts) / sizeof(casts[0])) {
		fprintf(stderr, "usage: explore_race CAST KILLS DEPTH\n");
		return 2;
	}
	chosen = &casts[cast];
	kills = (unsigned)atoi(argv[2]);
	world.name = chosen->name;
	return explore(&world, (unsigned)atoi(argv[3]));
}
