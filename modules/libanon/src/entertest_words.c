/*
 * Guests' calls on words that the kernel settles (space_settle): what is settled, what comes to the monitor, and how a
 * wait ends.
 */
#include <libanon/thread.h>
#include <libanon/time.h>
#include "entertest.h"

#define WORD DATA
#define CALL 7
#define DIFFERS 0x123456789ul
enum { WAIT = 1, WAIT_MASKED, WAKE };

static struct guest_state *begin_word_call(uint64_t operation, uint64_t value)
{
	struct guest_state *state = begin(guest_ping);

	state->regs.rax = CALL;
	state->regs.rdi = WORD;
	state->regs.rsi = operation;
	state->regs.rdx = value;
	state->regs.r9 = 1;
	return state;
}

static void set_word(uint32_t value)
{
	uint64_t done;

	CHECK(sys_space_copy(space, WORD, &value, sizeof(value), 1, &done) == OK);
}

/* The guest goes on with the result in rax and makes its next system call with that. */
static void check_settled(const struct guest_state *state, uint64_t result)
{
	CHECK(run() == TRAP_SYSCALL && state->regs.rax == result);
}

static void check_not_settled(const struct guest_state *state)
{
	check_settled(state, CALL);
	CHECK(state->regs.rip == guest(guest_ping) + 2 && state->regs.rcx == state->regs.rip);
}

static void test_unusual_word_calls(void)
{
	struct guest_state *state;

	check_settled(begin_word_call(WAIT, 6), DIFFERS);
	check_not_settled(begin_word_call(0, 5));
	state = begin_word_call(WAIT, 5);
	state->regs.r10 = 1;
	check_not_settled(state);
	state = begin_word_call(WAIT, 5);
	state->regs.rdi = WORD + 2;
	check_not_settled(state);
	state = begin_word_call(WAIT, 0);
	state->regs.rdi = UNMAPPED;
	check_not_settled(state);
	state = begin_word_call(WAIT, 0);
	state->regs.rdi = NATIVE_BASE;
	check_not_settled(state);
	state = begin_word_call(WAKE, 1);
	state->regs.rdi = (uint64_t)state;
	check_not_settled(state);
	state = begin_word_call(WAIT_MASKED, 5);
	state->regs.r9 = 0;
	check_not_settled(state);
	state = begin_word_call(WAKE, 1);
	state->regs.rax = CALL + 1;
	check_settled(state, CALL + 1);
}

/* Sleeps by a settled call; once more after a kick has interrupted it. */
static void wait_twice(void *unused)
{
	(void)unused;
	CHECK(sys_space_bind(space) == OK);
	check_not_settled(begin_word_call(WAIT, 5));
	check_settled(begin_word_call(WAIT_MASKED, 5), 0);
}

static bool is_waiting(const struct anon_thread *thread)
{
	struct thread_info info = {0};

	CHECK(sys_thread_info(thread->handle, &info) == OK);
	return info.is_waiting;
}

static void await_waiting(const struct anon_thread *thread)
{
	for (unsigned i = 0; i < 1000 && !is_waiting(thread); i++)
		sleep_ns(NS_PER_MS);
	CHECK(is_waiting(thread));
}

static void test_settled_wait(void)
{
	struct thread_options options = {.name = "waiter", .with_state = true};
	struct anon_thread *waiter;
	uint64_t woken = 9;

	CHECK(thread_spawn(wait_twice, NULL, &options, &waiter) == OK);
	await_waiting(waiter);
	CHECK(sys_thread_kick(waiter->handle) == OK);
	sleep_ns(5 * NS_PER_MS);
	await_waiting(waiter);
	CHECK(sys_word_wake(space, WORD, 1, 2, &woken) == OK && woken == 0); /* its mask is 1 */
	check_settled(begin_word_call(WAKE, 0), 0);
	check_settled(begin_word_call(WAKE, 4), 1);
	check_settled(begin_word_call(WAKE, 4), 0);
	CHECK(thread_join(waiter) == OK);
}

/* A guest that waits is ended with its thread. */
static void test_ended_wait(void)
{
	struct thread_options options = {.name = "waiter", .with_state = true};
	struct anon_thread *waiter;

	CHECK(thread_spawn(wait_twice, NULL, &options, &waiter) == OK);
	await_waiting(waiter);
	CHECK(sys_thread_kill(waiter->handle) == OK); /* and it cannot be joined */
	check_settled(begin_word_call(WAKE, 4), 0);
}

void test_word_calls(void)
{
	struct word_call call = {CALL, WAIT, WAIT_MASKED, WAKE, DIFFERS};

	set_word(5);
	check_not_settled(begin_word_call(WAKE, 1));
	CHECK(sys_space_settle(space, &call) == OK);
	check_not_settled(begin_word_call(WAKE, 1)); /* this thread has not bound it since */
	CHECK(sys_space_bind(space) == OK);
	test_unusual_word_calls();
	CHECK(sys_thread_kick(thread_self()->handle) == OK);
	begin_word_call(WAIT, 5);
	CHECK(run() == TRAP_KICK);
	test_settled_wait();
	test_ended_wait();
	call.number = WORD_CALL_NONE;
	CHECK(sys_space_settle(space, &call) == OK && sys_space_bind(space) == OK);
	check_not_settled(begin_word_call(WAKE, 1));
}
