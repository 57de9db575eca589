/*
 * How long somebody important waits: for the CPU when its time has come while others work the kernel, and for a server that is
 * busy for others. On one CPU; under icount a nanosecond is an instruction.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/ipc.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include "nativebench.h"

#define ALARMS 500u
#define ALARM_PERIOD_NS (NS_PER_MS * 7 / 5)
#define LOAD_BYTES (3ul << 20)
#define MOVE_BYTES (16ul << 20)
#define MANY_MAPPINGS 8000u
#define MANY_THREADS 500u
#define BUSY_CALLS 20u
#define BUSY_WORK 100000u    /* instructions of an unimportant request */
#define BUSY_PAUSE_NS 30000u /* about that many of them are done when the important one comes */
#define BUSY_SPIN (50 * BUSY_WORK) /* what others would do meanwhile */

/* --- how long the most important thread waits for the CPU when its time has come, while others work the kernel --- */

static uint64_t period;
static uint64_t longest_delay;
static uint32_t alarm_count;
static uint32_t is_work_over;

static void keep_time(void *unused)
{
	handle_t alarm = HANDLE_NONE, timer = HANDLE_NONE;
	uint64_t due = clock_ns() + period, bits;

	(void)unused;
	must(sys_event_create(&alarm), "event_create");
	must(sys_timer_create(alarm, 1, &timer), "timer_create");
	must(sys_timer_set(timer, due, period), "timer_set");
	while (!__atomic_load_n(&is_work_over, __ATOMIC_ACQUIRE)) {
		uint64_t delay;

		must(sys_event_wait(alarm, 1, 0, &bits), "event_wait");
		delay = clock_ns() - due;
		longest_delay = MAX(longest_delay, delay);
		due += (delay / period + 1) * period; /* what was missed is skipped */
		__atomic_fetch_add(&alarm_count, 1, __ATOMIC_RELAXED);
	}
	must(sys_handle_close(timer), "close the timer");
	must(sys_handle_close(alarm), "close the alarm");
}

static void do_work(void *work)
{
	(*(void (**)(void))work)();
	__atomic_store_n(&is_work_over, 1, __ATOMIC_RELEASE);
}

uint64_t longest_delay_during(void (*work)(void), uint64_t period_ns)
{
	struct thread_options same = {.name = "alarms", .priority = PRIORITY};
	struct thread_options below = {.name = "work", .priority = PRIORITY - 1};
	struct anon_thread *alarms, *working;

	period = period_ns;
	longest_delay = alarm_count = is_work_over = 0;
	must(thread_spawn(do_work, &work, &below, &working), "thread_spawn");
	must(thread_spawn(keep_time, NULL, &same, &alarms), "thread_spawn");
	must(thread_join(alarms), "thread_join");
	must(thread_join(working), "thread_join");
	return longest_delay;
}

/* What the kernel does in steps: filling, sharing and freeing many pages, and a domain with all that is in it. */
static void work_the_kernel(void *content)
{
	struct domain_limits limits = {4096, 256, 16, 256, 0};
	handle_t domain = HANDLE_NONE, memory = HANDLE_NONE, copy = HANDLE_NONE;
	handle_t process = HANDLE_NONE;
	struct map_args args = {.flags = MAP_READ | MAP_WRITE, .bytes = LOAD_BYTES};
	uint64_t address = 0;

	must(sys_domain_create(HANDLE_NONE, &limits, &domain), "domain_create");
	must(sys_memory_create(domain, LOAD_BYTES, 0, &memory), "memory_create");
	must(sys_memory_write(memory, 0, content, LOAD_BYTES), "memory_write");
	must(sys_memory_copy(memory, domain, 0, LOAD_BYTES, &copy), "memory_copy");
	must(sys_process_create(domain, "load", 5, &process), "process_create");
	args.memory = copy;
	must(sys_map(process, &args, &address), "map");
	must(sys_domain_kill(domain), "domain_kill");
	(void)sys_handle_close(memory);
	(void)sys_handle_close(copy);
	(void)sys_handle_close(process);
}

static bool are_alarms_over(void)
{
	return __atomic_load_n(&alarm_count, __ATOMIC_RELAXED) >= ALARMS;
}

static void work_for_many_alarms(void)
{
	void *content;

	must(memory_map(HANDLE_NONE, 0, LOAD_BYTES, MAP_READ | MAP_WRITE, &content), "map");
	while (!are_alarms_over())
		work_the_kernel(content);
}

/* There and back. */
static void move_pages(void)
{
	void *pages;
	uint64_t at;

	must(memory_map(HANDLE_NONE, 0, 2 * MOVE_BYTES, MAP_READ | MAP_WRITE, &pages), "map");
	memset(pages, 1, MOVE_BYTES);
	at = (uint64_t)pages;
	while (!are_alarms_over()) {
		uint64_t to = at + MOVE_BYTES;
		struct remap_args there = {at, MOVE_BYTES, to, MOVE_BYTES, 1, 0};
		struct remap_args back = {to, MOVE_BYTES, at, MOVE_BYTES, 1, 0};

		must(sys_remap(own_process(), &there, &to), "remap");
		must(sys_remap(own_process(), &back, &at), "remap");
	}
	must(memory_unmap(pages, MOVE_BYTES), "unmap");
}

/* Side by side, all of the same page. */
static volatile uint8_t *map_many(handle_t memory)
{
	struct map_args args = {.flags = MAP_READ | MAP_WRITE, .bytes = MANY_MAPPINGS * PAGE_SIZE};
	uint64_t at = 0, mapped;

	must(sys_map(own_process(), &args, &at), "map");
	must(sys_unmap(own_process(), at, args.bytes), "unmap");
	args.bytes = PAGE_SIZE;
	args.memory = memory;
	for (unsigned i = 0; i < MANY_MAPPINGS; i++) {
		args.address = at + i * PAGE_SIZE;
		must(sys_map(own_process(), &args, &mapped), "map one of many");
	}
	return (volatile uint8_t *)at;
}

/* The page is looked at through all, shared with a copy, and written through one. And room is found below them. */
static void write_before_many(void)
{
	handle_t memory = HANDLE_NONE;
	volatile uint8_t *bytes;

	must(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &memory), "memory_create");
	bytes = map_many(memory);
	while (!are_alarms_over()) {
		handle_t copy = HANDLE_NONE;
		void *room;

		for (unsigned i = 0; i < MANY_MAPPINGS; i++)
			(void)bytes[i * PAGE_SIZE];
		must(sys_memory_copy(memory, HANDLE_NONE, 0, PAGE_SIZE, &copy), "memory_copy");
		bytes[0] = 1;
		must(sys_handle_close(copy), "handle_close");
		must(memory_map(HANDLE_NONE, 0, LOAD_BYTES, MAP_READ | MAP_WRITE, &room), "map");
		must(memory_unmap(room, LOAD_BYTES), "unmap");
	}
	must(memory_unmap((void *)bytes, MANY_MAPPINGS * PAGE_SIZE), "unmap");
	must(sys_handle_close(memory), "handle_close");
}

/* They sleep until the word is no longer 0, and are woken before. */
static void sleep_at_word(void *word)
{
	while (__atomic_load_n((uint32_t *)word, __ATOMIC_ACQUIRE) == 0)
		(void)sys_word_wait(HANDLE_NONE, (uint64_t)word, 0, 0, 0);
}

static void wake_sleepers(const uint32_t *word)
{
	uint64_t woken;

	must(sys_word_wake(HANDLE_NONE, (uint64_t)word, UINT64_MAX, 0, &woken), "word_wake");
}

/* A process with threads that never ran: they die no faster for it. */
static void end_large_crowd(void)
{
	struct map_args map = {.flags = MAP_READ | MAP_WRITE, .bytes = PAGE_SIZE};
	struct thread_args args = {.entry = PAGE_SIZE};
	handle_t process = HANDLE_NONE, thread = HANDLE_NONE;

	must(sys_process_create(HANDLE_NONE, "crowd", 5, &process), "process_create");
	must(sys_map(process, &map, &args.message), "map");
	for (unsigned i = 0; i < MANY_THREADS; i++) {
		must(sys_thread_create(process, &args, &thread), "thread_create");
		must(sys_handle_close(thread), "handle_close");
	}
	must(sys_process_kill(process, 0), "process_kill");
	must(sys_handle_close(process), "handle_close");
}

/* Many sleep at one word, and all are woken. And processes of many threads end. */
static void wake_many(void)
{
	static uint32_t word;
	static struct anon_thread *sleepers[MANY_THREADS];
	struct thread_options options = {.name = "sleeper", .priority = PRIORITY - 2};

	for (unsigned i = 0; i < MANY_THREADS; i++)
		must(thread_spawn(sleep_at_word, &word, &options, &sleepers[i]), "thread_spawn");
	while (!are_alarms_over()) {
		must(sys_thread_sleep(clock_ns() + ALARM_PERIOD_NS), "sleep");
		wake_sleepers(&word);
		end_large_crowd();
	}
	__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
	wake_sleepers(&word);
	for (unsigned i = 0; i < MANY_THREADS; i++)
		must(thread_join(sleepers[i]), "thread_join");
}

static void measure_one_delay(const char *row, void (*work)(void))
{
	print_row(row, longest_delay_during(work, ALARM_PERIOD_NS) * 10);
}

void measure_timer_delay(void)
{
	measure_one_delay("native_timer_delay_max", work_for_many_alarms);
	measure_one_delay("native_timer_delay_remap", move_pages);
	measure_one_delay("native_timer_delay_many", write_before_many);
	measure_one_delay("native_timer_delay_threads", wake_many);
}

/* --- how long an important caller waits for a server that is busy for an unimportant one, while a thread between the
 * two has a lot to do --- */

static handle_t busy_server;
static handle_t unimportant; /* event: calls the server */
static handle_t between;     /* event: gets busy */

static void spend(uint64_t instructions)
{
	for (uint64_t i = 0; i < instructions / 3; i++) /* three a round */
		__asm__ volatile("" : "+r"(i));
}

static void serve_and_work(void *unused)
{
	struct ipc_message m;
	handle_t reply;

	(void)unused;
	must(sys_reply_create(&reply), "reply_create");
	must(ipc_receive(busy_server, reply, &m, 0), "ipc_receive");
	for (;;) {
		spend(m.words[0]);
		must(ipc_reply_receive(busy_server, reply, &m, 0), "ipc_reply_receive");
	}
}

static void call_for_work(void *unused)
{
	uint64_t bits;

	(void)unused;
	for (;;) {
		struct ipc_message m = {.tag = ipc_tag(1, 0, 0, 0), .words = {BUSY_WORK}};

		must(sys_event_wait(unimportant, 1, 0, &bits), "event_wait");
		must(ipc_call(busy_server, &m, 0), "ipc_call");
	}
}

static void be_in_the_way(void *unused)
{
	uint64_t bits;

	(void)unused;
	for (;;) {
		must(sys_event_wait(between, 1, 0, &bits), "event_wait");
		spend(BUSY_SPIN);
	}
}

static uint64_t call_busy_server(void)
{
	struct ipc_message m = {.tag = ipc_tag(1, 0, 0, 0)};
	uint64_t start;

	must(sys_event_signal(unimportant, 1), "event_signal");
	must(sys_thread_sleep(clock_ns() + BUSY_PAUSE_NS), "sleep");
	must(sys_event_signal(between, 1), "event_signal");
	start = ticks();
	must(ipc_call(busy_server, &m, 0), "ipc_call");
	start = ticks() - start;
	must(sys_thread_sleep(clock_ns() + 2 * BUSY_SPIN), "sleep"); /* until all have done */
	return start;
}

void measure_busy_server(void)
{
	struct thread_options serving = {.name = "busy", .priority = PRIORITY - 4};
	struct thread_options calling = {.name = "unimportant", .priority = PRIORITY - 3};
	struct thread_options spinning = {.name = "between", .priority = PRIORITY - 2};
	uint64_t longest = 0;

	must(sys_endpoint_create(&busy_server), "endpoint_create");
	must(sys_event_create(&unimportant), "event_create");
	must(sys_event_create(&between), "event_create");
	must(thread_spawn(serve_and_work, NULL, &serving, NULL), "thread_spawn");
	must(thread_spawn(call_for_work, NULL, &calling, NULL), "thread_spawn");
	must(thread_spawn(be_in_the_way, NULL, &spinning, NULL), "thread_spawn");
	for (unsigned i = 0; i < BUSY_CALLS; i++)
		longest = MAX(longest, call_busy_server());
	print_row("native_busy_server_delay_max", longest * 10);
}
