/*
 * Parking, and calls on words that are settled for guests: three threads of one monitor on two CPUs, whose guests share
 * two words. Each CPU's current thread may do any of its operations, each thread may be kicked, unparked and killed
 * and each time-out come, in every order.
 *
 * The specification is what follows: an unpark is latched once; a wait ends by a wake that meets its mask, oldest first, and
 * then the guest goes on with 0; when anything else ends it, the call comes to the monitor as if it had just been made.
 *
 * usage: explore_waits DEPTH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microkernel/errors.h>
#include "explore/entry.h"
#include "explore/explore.h"
#include "explore/machine.h"
#include "explore/scene.h"
#include "explore/sched_spec.h"
#include "kernel_lock.h"
#include "space.h"
#include "word.h"

#define CPUS 2
#define TIME_OUT_NS 1000u
#define OTHER_WORD (MACHINE_WORD + 64)
#define CALL 7u
#define DIFFERS 77u
#define GUEST_NONE 0x4444ull /* in a guest's rax: no result */

enum operation {
	PARK,
	PARK_TIMED,
	WAIT,
	WAIT_DIFFERENT,
	WAKE_ONE,
	WAKE_ALL,
	MOVE_ONE, /* to the other word */
	WAKE_OTHER,
	ENTER,
	YIELD,
	TIMER,
	INTERRUPT,
	UNPARK,                     /* and the thread's number; so the next three */
	WAKE_OF = UNPARK + THREADS, /* those whose mask has that bit */
	KICK = WAKE_OF + THREADS,
	KILL = KICK + THREADS,
	OPERATIONS = KILL + THREADS,
};

enum wait_place { AT_WORK, PARKED, AT_WORD, AT_OTHER, ENDED };

/* The specification's state, and what a step brings each thread. */
struct wait_state {
	uint8_t place[THREADS];
	uint8_t sleepers[THREADS]; /* at either word, in the order of their coming */
	uint8_t sleeper_count;
	bool is_unparked[THREADS];
	bool is_kicked[THREADS];
	bool is_timed[THREADS];
	uint64_t result[THREADS]; /* native rax; NO_RESULT */
	uint64_t guest_result[THREADS];
};

static const struct cast cast = {
	"waits of threads and guests", {0, 0, 0}, {0, 0, 0}, {false, false, true}, {3, 3, 4}};
static struct space space;
static struct wait_state spec; /* before the step, then what it should lead to */
static enum operation chosen;
static struct thread *target;

static unsigned current_index(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (scene.thread[i] == cpu_current())
			return i;
	return NOBODY;
}

/* --- the specification --- */
static void forget_sleeper(unsigned thread)
{
	unsigned at = 0;

	while (at < spec.sleeper_count && spec.sleepers[at] != thread)
		at++;
	if (at == spec.sleeper_count)
		return;
	memmove(&spec.sleepers[at], &spec.sleepers[at + 1], spec.sleeper_count - at - 1u);
	spec.sleepers[--spec.sleeper_count] = 0;
}

static void goes_on(unsigned thread, uint64_t result, uint64_t guest_result)
{
	forget_sleeper(thread);
	spec.place[thread] = AT_WORK;
	spec.is_timed[thread] = false;
	spec.result[thread] = result;
	spec.guest_result[thread] = guest_result;
}

static void spec_sleep(unsigned thread, unsigned place)
{
	spec.place[thread] = (uint8_t)place;
	spec.sleepers[spec.sleeper_count++] = (uint8_t)thread;
}

static uint64_t spec_wake(unsigned place, unsigned count, unsigned mask)
{
	uint64_t woken = 0;

	for (unsigned at = 0; at < spec.sleeper_count && woken < count;) {
		unsigned thread = spec.sleepers[at];

		if (spec.place[thread] != place || !(mask >> thread & 1)) {
			at++;
			continue;
		}
		goes_on(thread, NO_RESULT, 0);
		woken++;
	}
	return woken;
}

static uint64_t spec_move(void)
{
	for (unsigned at = 0; at < spec.sleeper_count; at++) {
		unsigned thread = spec.sleepers[at];

		if (spec.place[thread] != AT_WORD)
			continue;
		forget_sleeper(thread);
		spec_sleep(thread, AT_OTHER);
		return 1;
	}
	return 0;
}

static void spec_park(unsigned thread, bool is_timed)
{
	if (spec.is_unparked[thread]) {
		spec.is_unparked[thread] = false;
		spec.result[thread] = OK;
		return;
	}
	spec.place[thread] = PARKED;
	spec.is_timed[thread] = is_timed;
}

static void spec_unpark(unsigned thread)
{
	if (spec.place[thread] == PARKED)
		goes_on(thread, OK, GUEST_NONE);
	else
		spec.is_unparked[thread] = true;
}

static void spec_kick(unsigned thread)
{
	bool is_asleep = spec.place[thread] == AT_WORD || spec.place[thread] == AT_OTHER;

	if (is_asleep)
		goes_on(thread, TRAPPED + TRAP_SYSCALL, GUEST_NONE);
	spec.is_kicked[thread] = !is_asleep;
}

static void spec_wait(unsigned thread, bool is_different)
{
	if (spec.is_kicked[thread])
		spec.result[thread] = TRAPPED + TRAP_SYSCALL;
	else if (is_different)
		spec.guest_result[thread] = DIFFERS;
	else
		spec_sleep(thread, AT_WORD);
}

static void spec_end(unsigned thread)
{
	goes_on(thread, NO_RESULT, GUEST_NONE);
	spec.place[thread] = ENDED;
	spec.is_unparked[thread] = spec.is_kicked[thread] = false;
}

/* Of the current thread. */
static void spec_step(unsigned thread, enum operation operation)
{
	switch (operation) {
	case PARK:
	case PARK_TIMED: spec_park(thread, operation == PARK_TIMED); break;
	case WAIT:
	case WAIT_DIFFERENT: spec_wait(thread, operation == WAIT_DIFFERENT); break;
	case WAKE_ONE: spec.guest_result[thread] = spec_wake(AT_WORD, 1, ~0u); break;
	case WAKE_ALL: spec.guest_result[thread] = spec_wake(AT_WORD, THREADS, ~0u); break;
	case MOVE_ONE: spec.result[thread] = spec_move(); break;
	case WAKE_OTHER: spec.guest_result[thread] = spec_wake(AT_OTHER, THREADS, ~0u); break;
	case ENTER: spec.is_kicked[thread] = false; break;
	default: break;
	}
}

/* --- the kernel --- */
static void settle(struct thread *thread, uint64_t word, uint64_t operation, uint64_t value)
{
	struct guest_registers *regs = &thread->arch.guest;

	thread->arch.mode = MODE_GUEST;
	*regs = (struct guest_registers){.rax = GUEST_NONE, .rdi = word, .rsi = operation};
	regs->rdx = value;
	regs->r9 = 1u << current_index();
	if (!word_settle(thread))
		arch_guest_trap(thread, TRAP_SYSCALL, 0, 0, 0, 0);
}

static uint64_t move_one(void)
{
	struct progress progress = {0};

	(void)word_requeue(&space.aspace, MACHINE_WORD, 0, 1, OTHER_WORD, &progress);
	return progress.count;
}

static void act_as_current(void)
{
	struct thread *thread = cpu_current();
	const struct word_call *call = &space.word_call;

	switch (chosen) {
	case PARK:
	case PARK_TIMED:
		if (!thread_park(thread, chosen == PARK ? 0 : TIME_OUT_NS + current_index()))
			arch_set_result(thread, OK, 0);
		break;
	case WAIT: settle(thread, MACHINE_WORD, call->wait_masked, MACHINE_VALUE); break;
	case WAIT_DIFFERENT: settle(thread, MACHINE_WORD, call->wait, MACHINE_VALUE + 1); break;
	case WAKE_ONE: settle(thread, MACHINE_WORD, call->wake, 1); break;
	case WAKE_ALL: settle(thread, MACHINE_WORD, call->wake, THREADS); break;
	case MOVE_ONE: thread->arch.regs.rax = move_one(); break;
	case WAKE_OTHER: settle(thread, OTHER_WORD, call->wake, THREADS); break;
	case ENTER: thread->arch.kicked = 0; break;
	default: sched_yield(); break;
	}
}

static void unpark_target(void)
{
	thread_unpark(target);
}

static void kick_target(void)
{
	thread_kick(target);
}

static void end_target(void)
{
	thread_end(target);
}

static void wake_target(void)
{
	struct progress progress = {0};

	(void)word_wake(&space.aspace, MACHINE_WORD, THREADS, 1u << (chosen - WAKE_OF), &progress);
}

static bool do_to(unsigned thread, enum operation kind)
{
	static void (*const work[])(void) = {unpark_target, wake_target, kick_target, end_target};

	if (!scene_is_alive(thread))
		return false;
	switch (kind) {
	case UNPARK: spec_unpark(thread); break;
	case WAKE_OF: spec_wake(AT_WORD, THREADS, 1u << thread); break;
	case KICK: spec_kick(thread); break;
	default: spec_end(thread); break;
	}
	target = scene.thread[thread];
	entry_interrupt(work[(kind - UNPARK) / THREADS]);
	target = NULL;
	return true;
}

static bool do_timer(void)
{
	const struct tree_node *first = tree_first(&this_cpu()->deadlines.by_time);

	if (!first)
		return false;
	goes_on((unsigned)(first->key - TIME_OUT_NS), (uint64_t)E_TIMEOUT, GUEST_NONE);
	machine_set_time(first->key);
	entry_interrupt(timer_handle);
	machine_set_time(1);
	return true;
}

static bool act(enum operation operation)
{
	unsigned current = current_index();
	unsigned mode = kernel_mode_of(this_cpu());

	chosen = operation;
	if (operation == INTERRUPT && mode == KERNEL_WAITING) {
		entry_interrupt(NULL);
		return true;
	}
	if (mode != KERNEL_OUT || operation == INTERRUPT)
		return false;
	if (operation == TIMER)
		return do_timer();
	if (operation >= UNPARK)
		return do_to((operation - UNPARK) % THREADS,
		             operation - (operation - UNPARK) % THREADS);
	if (current == NOBODY)
		return false;
	spec_step(current, operation);
	entry_interrupt(act_as_current);
	return true;
}

/* --- comparing them --- */
static unsigned place_of(const struct thread *thread)
{
	switch (thread->state) {
	case THREAD_READY:
	case THREAD_RUNNING: return AT_WORK;
	case THREAD_PARKED: return PARKED;
	case THREAD_ON_WORD: return thread->word_key.offset == MACHINE_WORD ? AT_WORD : AT_OTHER;
	default: violation("a thread in state %u", thread->state);
	}
}

static void check_thread(unsigned i)
{
	struct thread *thread = scene.thread[i];
	bool is_guest;

	if (!scene_is_alive(i)) {
		EXPECT(spec.place[i] == ENDED, "thread %u is dead", i);
		return;
	}
	kobject_check(&thread->obj);
	EXPECT(spec.place[i] == place_of(thread), "thread %u is at %u; it should be at %u", i,
	       place_of(thread), spec.place[i]);
	EXPECT(spec.is_unparked[i] == thread->is_unparked, "an unpark of thread %u is %s", i,
	       thread->is_unparked ? "latched" : "lost");
	EXPECT(spec.is_kicked[i] == (thread->arch.kicked == LATCHED_KICK),
	       "a kick of thread %u is %s", i, thread->arch.kicked ? "latched" : "lost");
	EXPECT(spec.is_timed[i] == deadline_is_set(&thread->deadline), "thread %u: its deadline",
	       i);
	EXPECT(thread->is_interruptible == (place_of(thread) >= AT_WORD), "kicks of thread %u", i);
	if (spec.place[i] != AT_WORK)
		return;
	is_guest = thread->arch.mode == MODE_GUEST;
	EXPECT(is_guest == (spec.guest_result[i] != GUEST_NONE), "thread %u %s its guest", i,
	       is_guest ? "is in" : "left");
	EXPECT(is_guest ? thread->arch.guest.rax == spec.guest_result[i]
	                : thread->arch.regs.rax == spec.result[i],
	       "thread %u finds %lx or %lx; it should be %lx or %lx", i, thread->arch.regs.rax,
	       thread->arch.guest.rax, spec.result[i], spec.guest_result[i]);
}

/* What a thread found is done with: it is in its monitor again. */
static void forget(void)
{
	for (unsigned i = 0; i < THREADS; i++) {
		struct thread *thread = scene.thread[i];

		spec.result[i] = NO_RESULT;
		spec.guest_result[i] = GUEST_NONE;
		if (!scene_is_alive(i) || spec.place[i] != AT_WORK)
			continue;
		thread->arch.mode = MODE_NATIVE;
		thread->arch.guest = (struct guest_registers){0};
	}
	scene_forget();
	for (unsigned i = 0; i < CPUS; i++) {
		struct run_queue *queue = &cpus[i].run_queue;

		queue->paid_until_ticks = queue->slice_since_ticks = 1;
		queue->unbilled_ticks = 0;
		cpus[i].deadlines.programmed_ns = UINT64_MAX;
		cpus[i].idle_since_ticks = cpus[i].current ? 0 : 1;
	}
}

static bool step(unsigned number)
{
	machine_be_cpu(number / OPERATIONS);
	if (!act(number % OPERATIONS))
		return false;
	for (unsigned i = 0; i < THREADS; i++)
		check_thread(i);
	sched_check();
	forget();
	machine_be_cpu(0);
	return true;
}

static void describe(unsigned number)
{
	static const char *const names[] = {"parks",
	                                    "parks with a time-out",
	                                    "waits at the word",
	                                    "waits for another value",
	                                    "wakes one",
	                                    "wakes all",
	                                    "moves one to the other word",
	                                    "wakes all at the other word",
	                                    "enters",
	                                    "yields"};
	static const char *const kinds[] = {"unparked", "woken by its mask", "kicked", "killed"};
	unsigned operation = number % OPERATIONS;

	printf("CPU %u: ", number / OPERATIONS);
	if (operation >= UNPARK)
		printf("thread %u is %s", (operation - UNPARK) % THREADS,
		       kinds[(operation - UNPARK) / THREADS]);
	else if (operation == TIMER)
		printf("the first time-out comes");
	else if (operation == INTERRUPT)
		printf("takes the interrupt that another CPU sent");
	else
		printf("the current thread %s", names[operation]);
}

static void build(void)
{
	scene_build(&cast, CPUS);
	word_init();
	space.obj.magic = KOBJECT_MAGIC;
	space.obj.refs = space.bound = THREADS + 1;
	space.monitor = scene.process[0];
	space.word_call = (struct word_call){CALL, 1, 2, 3, DIFFERS};
	for (unsigned i = 0; i < THREADS; i++)
		scene.thread[i]->space = &space;
	entry_interrupt(NULL);
	forget();
}

static struct world world = {
	.name = "waits of threads and guests",
	.build = build,
	.step_count = CPUS * OPERATIONS,
	.step = step,
	.describe = describe,
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: explore_waits DEPTH\n");
		return 2;
	}
	return explore(&world, (unsigned)atoi(argv[1]));
}
