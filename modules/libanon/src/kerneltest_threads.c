/*
 * Threads among one another: who runs and for how long, who is woken and by what.
 */
#include <base/bits.h>
#include <libanon/ipc.h>
#include <libanon/memory.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include "kerneltest.h"

/* --- parking --- */

static void unpark_later(void *argument)
{
	sleep_ns(5 * NS_PER_MS);
	CHECK(sys_thread_unpark(*(const handle_t *)argument) == OK);
}

void test_parking(void)
{
	handle_t self = thread_self()->handle, lesser = HANDLE_NONE;
	struct anon_thread *other = NULL;

	CHECK(sys_thread_park(deadline_in_ms(1)) == E_TIMEOUT);
	CHECK(sys_thread_unpark(self) == OK && sys_thread_unpark(self) == OK);
	CHECK(sys_thread_park(0) == OK); /* latched, and only once */
	CHECK(sys_thread_park(deadline_in_ms(1)) == E_TIMEOUT);
	CHECK(thread_spawn(unpark_later, &self, NULL, &other) == OK);
	CHECK(sys_thread_park(deadline_in_ms(2000)) == OK);
	CHECK(thread_join(other) == OK);
	CHECK(sys_handle_derive(self, RIGHT_READ, 0, &lesser) == OK);
	CHECK(sys_thread_unpark(lesser) == E_ACCESS && sys_handle_close(lesser) == OK);
	CHECK(sys_thread_unpark(HANDLE_NONE) == E_HANDLE);
}

/* --- a slice ends although its thread spends most of it in calls to a more important server --- */

static handle_t served, bystander_event;
static uint32_t is_bystander_done;

static void serve_above(void *unused)
{
	handle_t reply = HANDLE_NONE;
	struct ipc_message m = {0};
	status_t status;

	(void)unused;
	CHECK(sys_reply_create(&reply) == OK);
	status = ipc_receive(served, reply, &m, 0);
	CHECK(status == OK && sys_event_signal(bystander_event, 1) == OK);
	while (status == OK && ipc_tag_op(m.tag) == 1)
		status = ipc_reply_receive(served, reply, &m, 0);
	CHECK(ipc_reply(reply, &m) == OK);
	CHECK(sys_handle_close(reply) == OK);
}

static void stand_by(void *unused)
{
	uint64_t bits;

	(void)unused;
	CHECK(sys_event_wait(bystander_event, 1, 0, &bits) == OK);
	__atomic_store_n(&is_bystander_done, 1, __ATOMIC_RELAXED);
}

static void call_without_end(void *unused)
{
	struct ipc_message m = {.tag = ipc_tag(1, 0, 0, 0)};
	uint64_t deadline = deadline_in_ms(200);

	(void)unused;
	while (!__atomic_load_n(&is_bystander_done, __ATOMIC_RELAXED) && clock_ns() < deadline)
		CHECK(ipc_call(served, &m, 0) == OK);
	CHECK(__atomic_load_n(&is_bystander_done, __ATOMIC_RELAXED));
	m.tag = ipc_tag(2, 0, 0, 0);
	CHECK(ipc_call(served, &m, 0) == OK);
}

void test_slice_of_caller(void)
{
	static void (*const runs[])(void *) = {serve_above, stand_by, call_without_end};
	struct anon_thread *threads[ARRAY_SIZE(runs)] = {NULL};

	CHECK(sys_endpoint_create(&served) == OK && sys_event_create(&bystander_event) == OK);
	for (unsigned i = 0; i < ARRAY_SIZE(runs); i++) {
		struct thread_options options = {.priority = thread_self()->priority - !!i};

		CHECK(thread_spawn(runs[i], NULL, &options, &threads[i]) == OK);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(runs); i++)
		CHECK(thread_join(threads[i]) == OK);
	CHECK(sys_handle_close(served) == OK && sys_handle_close(bystander_event) == OK);
}

/* --- a signal reaches those who are more important, with the bits they asked for and no others --- */

#define LISTENERS 2u
#define END_BIT (1ull << 63)

static handle_t heard_event;
static uint64_t heard[LISTENERS]; /* all bits so far */
static uint32_t heard_count;

/* The first for bits 0 to 3, the second for bits 4 to 7. */
static void listen(void *argument)
{
	uint64_t index = (uint64_t)argument, bits = 0;
	uint64_t mask = 0xfull << index * 4 | END_BIT >> index;

	while (!(bits & END_BIT >> index)) {
		CHECK(sys_event_wait(heard_event, mask, 0, &bits) == OK);
		__atomic_fetch_or(&heard[index], bits, __ATOMIC_RELAXED);
		__atomic_fetch_add(&heard_count, 1, __ATOMIC_RELEASE);
	}
}

/* Signals, and waits until so many waits in all have ended. */
static void signal_until(handle_t event, uint64_t bits, uint32_t count)
{
	uint64_t deadline = deadline_in_ms(2000);

	CHECK(sys_event_signal(event, bits) == OK);
	while (__atomic_load_n(&heard_count, __ATOMIC_ACQUIRE) < count && clock_ns() < deadline)
		(void)sys_thread_yield();
	CHECK(__atomic_load_n(&heard_count, __ATOMIC_ACQUIRE) == count);
}

/* One waits: for what it gets, and what not. */
static void signal_one(void *badged)
{
	uint64_t bits;

	signal_until(heard_event, 0x200, 0);
	signal_until(heard_event, 0x101, 1);
	signal_until(*(handle_t *)badged, 0xff, 2);
	CHECK(heard[0] == 0x7);
	CHECK(sys_event_poll(heard_event, UINT64_MAX, &bits) == OK && bits == 0x300);
}

static void signal_both(void *unused)
{
	(void)unused;
	signal_until(heard_event, 0x28, 4);
	signal_until(heard_event, 0x40, 5);
	CHECK(heard[0] == 0xf && heard[1] == 0x60);
	signal_until(heard_event, END_BIT | END_BIT >> 1, 7);
}

static void start_listening(uint64_t index, struct anon_thread **out)
{
	CHECK(thread_spawn(listen, (void *)index, NULL, out) == OK);
	sleep_ns(2 * NS_PER_MS);
}

static void run_below(void (*run)(void *), void *argument)
{
	struct thread_options below = {.priority = thread_self()->priority - 1};
	struct anon_thread *thread = NULL;

	CHECK(thread_spawn(run, argument, &below, &thread) == OK);
	CHECK(thread_join(thread) == OK);
}

void test_signals(void)
{
	struct anon_thread *listeners[LISTENERS] = {NULL};
	handle_t badged = HANDLE_NONE;

	CHECK(sys_event_create(&heard_event) == OK);
	CHECK(sys_handle_derive(heard_event, RIGHT_WRITE, 0x6, &badged) == OK);
	start_listening(0, &listeners[0]);
	run_below(signal_one, &badged);
	start_listening(1, &listeners[1]);
	run_below(signal_both, NULL);
	for (unsigned i = 0; i < LISTENERS; i++)
		CHECK(thread_join(listeners[i]) == OK);
	CHECK(sys_handle_close(badged) == OK && sys_handle_close(heard_event) == OK);
}

/* --- domains whose threads take turns have the CPU by their shares, however many threads they are --- */

#define CROWD 4u
#define TURNS_NS (400 * NS_PER_MS)

/* A process in a domain of its own whose threads, all on CPU 0, never stop. */
static handle_t start_busy(uint32_t threads)
{
	static const uint8_t jump_to_itself[] = {0xeb, 0xfe};
	handle_t domain = make_domain(100), process = HANDLE_NONE, code = HANDLE_NONE;
	struct map_args text = {.flags = MAP_READ | MAP_EXECUTE, .bytes = PAGE_SIZE};
	struct map_args data = {.flags = MAP_READ | MAP_WRITE, .bytes = PAGE_SIZE};
	struct thread_args args = {.priority = thread_self()->priority - 1};

	CHECK(sys_process_create(domain, "busy", 4, &process) == OK);
	CHECK(sys_memory_create(domain, PAGE_SIZE, 0, &code) == OK);
	CHECK(sys_memory_write(code, 0, jump_to_itself, sizeof(jump_to_itself)) == OK);
	text.memory = code;
	CHECK(sys_map(process, &text, &args.entry) == OK);
	CHECK(sys_map(process, &data, &args.message) == OK);
	for (; threads > 0; threads--) {
		handle_t thread = HANDLE_NONE;

		CHECK(sys_thread_create(process, &args, &thread) == OK);
		CHECK(sys_thread_set_cpus(thread, 1) == OK && sys_thread_start(thread) == OK);
		CHECK(sys_handle_close(thread) == OK);
	}
	CHECK(sys_handle_close(code) == OK && sys_handle_close(domain) == OK);
	return process;
}

static uint64_t time_of(handle_t process)
{
	struct process_info info = {0};

	CHECK(sys_process_info(process, &info) == OK);
	return info.cpu_ns;
}

/* A machine that its host keeps waiting counts the wait for whose turn it was: later turns make up for it. */
void test_shares(void)
{
	handle_t one = start_busy(1), many = start_busy(CROWD);
	bool is_fair = false;

	for (unsigned tries = 0; tries < 10 && !is_fair; tries++) {
		sleep_ns(TURNS_NS);
		uint64_t of_one = time_of(one), of_many = time_of(many);
		is_fair = of_one * 2 > of_many && of_many * 2 > of_one;
	}
	CHECK(is_fair);
	CHECK(sys_process_kill(one, 0) == OK && sys_process_kill(many, 0) == OK);
	CHECK(sys_handle_close(one) == OK && sys_handle_close(many) == OK);
}
