/*
 * What only several CPUs can get wrong: pages that one takes away while others read them, threads that are ended while
 * they run elsewhere, registers that have to follow their thread, time that must not go back, calls between many
 * threads at once, threads that unpark one another or are tied to CPUs. Works on one CPU too, and shows less there. Prints "N passed, N failed" to the kernel's log and exits
 * with the number of failures.
 */
#include <libanon/cpu_number.h>
#include <libanon/ipc.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>

#define THREADS 6u
#define PAGES_SHOWN 100u
#define COPIES 40u
#define VICTIMS 25u
#define CALLS 2000u
#define RW (MAP_READ | MAP_WRITE)

static unsigned passed, failed;

static void check(bool is_good, const char *what, int line)
{
	__atomic_fetch_add(is_good ? &passed : &failed, 1, __ATOMIC_RELAXED);
	if (!is_good)
		log_error("FAIL line %d: %s", line, what);
}
#define CHECK(cond) check(cond, #cond, __LINE__)

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static struct anon_thread *threads[THREADS];

static void start_threads(void (*run)(void *), unsigned count, bool with_fpu)
{
	struct thread_options options = {.name = "smptest", .with_fpu = with_fpu};

	for (unsigned i = 0; i < count; i++)
		CHECK(thread_spawn(run, (void *)(uint64_t)i, &options, &threads[i]) == OK);
}

static void join_threads(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		CHECK(thread_join(threads[i]) == OK);
}

/* --- a page is replaced: once that is done nobody sees the old one --- */

static volatile uint64_t *shown; /* the page that is replaced again and again */
static uint64_t shown_least;     /* what it contains at the least by now */
static uint64_t is_over;
static uint64_t stale;

static void look(void *argument)
{
	(void)argument;
	while (!load(&is_over)) {
		uint64_t least = load(&shown_least);

		if (*shown < least)
			__atomic_fetch_add(&stale, 1, __ATOMIC_RELAXED);
	}
}

static handle_t page_with(uint64_t value)
{
	handle_t memory = HANDLE_NONE;

	CHECK(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &memory) == OK);
	CHECK(sys_memory_write(memory, 0, &value, sizeof(value)) == OK);
	return memory;
}

static void show(handle_t memory)
{
	struct map_args args = {.memory = memory,
	                        .flags = MAP_READ | MAP_FIXED,
	                        .address = (uint64_t)shown,
	                        .bytes = PAGE_SIZE};
	uint64_t at;

	CHECK(sys_map(own_process(), &args, &at) == OK && at == (uint64_t)shown);
}

static void test_replaced_page(void)
{
	void *at = NULL;
	handle_t first = page_with(0);

	CHECK(memory_map(first, 0, PAGE_SIZE, MAP_READ, &at) == OK);
	shown = at;
	start_threads(look, THREADS, false);
	for (uint64_t i = 1; i <= PAGES_SHOWN; i++) {
		handle_t memory = page_with(i);

		show(memory);
		store(&shown_least, i);
		CHECK(sys_handle_close(memory) == OK);
	}
	store(&is_over, 1);
	join_threads(THREADS);
	CHECK(stale == 0);
	CHECK(memory_unmap(at, PAGE_SIZE) == OK);
	CHECK(sys_handle_close(first) == OK);
}

/* --- a copy shares the page until somebody writes: writers that are at it must not write to the copy --- */

static uint64_t *written;

static void write_on(void *argument)
{
	(void)argument;
	while (!load(&is_over))
		__atomic_fetch_add(written, 1, __ATOMIC_RELAXED);
}

static uint64_t read_first(handle_t memory)
{
	uint64_t value = 0;

	CHECK(sys_memory_read(memory, 0, &value, sizeof(value)) == OK);
	return value;
}

static void test_copied_page(void)
{
	void *at = NULL;
	handle_t memory = page_with(0);

	CHECK(memory_map(memory, 0, PAGE_SIZE, RW, &at) == OK);
	written = at;
	store(&is_over, 0);
	start_threads(write_on, THREADS, false);
	for (unsigned i = 0; i < COPIES; i++) {
		handle_t copy = HANDLE_NONE;
		uint64_t value;

		CHECK(sys_memory_copy(memory, HANDLE_NONE, 0, PAGE_SIZE, &copy) == OK);
		value = read_first(copy);
		sleep_ns(NS_PER_MS / 20);
		CHECK(read_first(copy) == value && load(written) >= value);
		CHECK(sys_handle_close(copy) == OK);
	}
	store(&is_over, 1);
	join_threads(THREADS);
	CHECK(load(written) > 0);
	CHECK(memory_unmap(at, PAGE_SIZE) == OK);
	CHECK(sys_handle_close(memory) == OK);
}

/* --- a thread that is ended while it runs does nothing more --- */

static uint64_t victim_count;

static void count_up(void *argument)
{
	(void)argument;
	for (;;)
		__atomic_fetch_add(&victim_count, 1, __ATOMIC_RELAXED);
}

/* It cannot say any more that its stack is free: we do, since the kernel has promised that it runs no more. */
static void end_one(void)
{
	struct anon_thread *victim = NULL;
	uint64_t begin = load(&victim_count);
	uint64_t at_end;

	CHECK(thread_spawn(count_up, NULL, NULL, &victim) == OK);
	while (load(&victim_count) == begin)
		sys_thread_yield();
	CHECK(sys_thread_kill(victim->handle) == OK);
	at_end = load(&victim_count);
	for (unsigned i = 0; i < 20; i++)
		sys_thread_yield();
	CHECK(load(&victim_count) == at_end);
	__atomic_store_n(&victim->is_gone, 1, __ATOMIC_RELEASE);
	CHECK(thread_join(victim) == OK);
}

static void test_ended_thread(void)
{
	for (unsigned i = 0; i < VICTIMS; i++)
		end_one();
}

/* --- registers follow their thread from CPU to CPU --- */

static void hold_registers(void *argument)
{
	uint64_t mine = 0x5eed000000000000 + (uint64_t)argument;
	uint64_t bad = 0;

	for (unsigned i = 0; i < 200; i++) {
		uint64_t in_xmm, in_fs;

		__asm__ volatile("movq %0, %%xmm7" : : "r"(mine + i));
		__asm__ volatile("wrfsbase %0" : : "r"(mine >> 17));
		if (i % 3 == 0)
			sleep_ns(1000);
		else
			sys_thread_yield();
		__asm__ volatile("movq %%xmm7, %0" : "=r"(in_xmm));
		__asm__ volatile("rdfsbase %0" : "=r"(in_fs));
		bad += in_xmm != mine + i || in_fs != mine >> 17;
	}
	CHECK(bad == 0);
}

static void test_registers(void)
{
	start_threads(hold_registers, THREADS, true);
	join_threads(THREADS);
}

/* --- time, read anywhere, is not before what was read anywhere else --- */

static uint64_t latest;

static void read_time(void *argument)
{
	uint64_t back = 0;

	(void)argument;
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t seen = load(&latest);
		uint64_t now = clock_ns();

		back += now < seen;
		while (now > seen &&
		       !__atomic_compare_exchange_n(&latest, &seen, now, false, __ATOMIC_ACQ_REL,
		                                    __ATOMIC_ACQUIRE))
			;
	}
	CHECK(back == 0);
}

static void test_time(void)
{
	start_threads(read_time, THREADS, false);
	join_threads(THREADS);
}

/* --- many callers, several servers of one endpoint; every answer reaches its caller --- */

#define SERVERS 2u
#define OP_ADD 1u
#define OP_STOP 2u

static handle_t endpoint;

static void serve(void *argument)
{
	struct ipc_message m = {0};
	handle_t reply = HANDLE_NONE;
	status_t status;

	(void)argument;
	CHECK(sys_reply_create(&reply) == OK);
	status = ipc_receive(endpoint, reply, &m, 0);
	while (status == OK && ipc_tag_op(m.tag) == OP_ADD) {
		for (unsigned i = 0; i < IPC_WORDS; i++)
			m.words[i] += i;
		m.tag = ipc_tag(0, 0, 0, 0);
		status = ipc_reply_receive(endpoint, reply, &m, 0);
	}
	CHECK(status == OK);
	m.tag = ipc_tag(0, 0, 0, 0);
	CHECK(ipc_reply(reply, &m) == OK);
	CHECK(sys_handle_close(reply) == OK);
}

/* Each word comes back, and no other caller's. */
static bool is_answered(uint64_t mine)
{
	struct ipc_message m = {.tag = ipc_tag(OP_ADD, 0, 0, 0)};
	bool is_good;

	for (unsigned i = 0; i < IPC_WORDS; i++)
		m.words[i] = mine + i * 1000;
	is_good = ipc_call(endpoint, &m, 0) == OK && ipc_tag_op(m.tag) == 0;
	for (unsigned i = 0; i < IPC_WORDS; i++)
		is_good = is_good && m.words[i] == mine + i * 1001;
	return is_good;
}

static void call_on(void *argument)
{
	uint64_t bad = 0;

	for (uint64_t i = 0; i < CALLS; i++)
		bad += !is_answered((uint64_t)argument << 32 | i << 14);
	CHECK(bad == 0);
}

static void test_calls(void)
{
	struct anon_thread *servers[SERVERS];

	CHECK(sys_endpoint_create(&endpoint) == OK);
	for (unsigned i = 0; i < SERVERS; i++)
		CHECK(thread_spawn(serve, NULL, NULL, &servers[i]) == OK);
	start_threads(call_on, THREADS, false);
	join_threads(THREADS);
	for (unsigned i = 0; i < SERVERS; i++) {
		struct ipc_message m = {.tag = ipc_tag(OP_STOP, 0, 0, 0)};

		CHECK(ipc_call(endpoint, &m, 0) == OK);
	}
	for (unsigned i = 0; i < SERVERS; i++)
		CHECK(thread_join(servers[i]) == OK);
	CHECK(sys_handle_close(endpoint) == OK);
}

/* --- tied threads run where they may, however they come to run --- */

#define TIED_ROUNDS 100u
#define RETIES 16u
#define PATIENCE_NS (20 * NS_PER_S)

static uint64_t cpus;
static uint64_t seen_on; /* [a] the CPU that the wanderer is on, and whether it goes on */
static uint64_t is_wandering;

static uint64_t count_cpus(void)
{
	struct system_info info = {0};

	CHECK(sys_system_info(&info) == OK);
	return info.cpus;
}

static status_t tie(uint64_t mask)
{
	return sys_thread_set_cpus(thread_self()->handle, mask);
}

static void stay(void *argument)
{
	uint64_t home = (uint64_t)argument % cpus;
	uint64_t away = 0;

	CHECK(tie(1ul << home) == OK);
	for (unsigned i = 0; i < TIED_ROUNDS; i++) {
		away += cpu_number() != home;
		if (i % 8 == 0)
			(void)sys_thread_sleep(deadline_in_ns(50 * NS_PER_US));
		else if (i % 2)
			sys_thread_yield();
		else
			away += !is_answered(i << 14);
		away += cpu_number() != home;
	}
	CHECK(away == 0);
}

/* Called from every CPU, it answers from its own. */
static void serve_at_home(void *argument)
{
	struct ipc_message m = {0};
	handle_t reply = HANDLE_NONE;
	uint64_t away = 0;
	status_t status;

	CHECK(tie(1ul << (uint64_t)argument) == OK && sys_reply_create(&reply) == OK);
	status = ipc_receive(endpoint, reply, &m, 0);
	while (status == OK && ipc_tag_op(m.tag) == OP_ADD) {
		away += cpu_number() != (uint64_t)argument;
		for (unsigned i = 0; i < IPC_WORDS; i++)
			m.words[i] += i;
		m.tag = ipc_tag(0, 0, 0, 0);
		status = ipc_reply_receive(endpoint, reply, &m, 0);
	}
	CHECK(status == OK && away == 0);
	m.tag = ipc_tag(0, 0, 0, 0);
	CHECK(ipc_reply(reply, &m) == OK && sys_handle_close(reply) == OK);
}

/* A turn goes round among threads that are tied to different CPUs, and of two priorities. */
struct turns {
	void (*wait)(unsigned mine);
	void (*give)(unsigned to);
};

static handle_t turn_events[THREADS];
static const struct turns *turns;

static void wait_event(unsigned mine)
{
	uint64_t bits;

	CHECK(sys_event_wait(turn_events[mine], 1, 0, &bits) == OK);
}

static void signal_event(unsigned to)
{
	CHECK(sys_event_signal(turn_events[to], 1) == OK);
}

static void park(unsigned mine)
{
	(void)mine;
	CHECK(sys_thread_park(0) == OK);
}

static void unpark(unsigned to)
{
	CHECK(sys_thread_unpark(threads[to]->handle) == OK);
}

static void take_turns(void *argument)
{
	unsigned mine = (unsigned)(uint64_t)argument;
	uint64_t home = mine % cpus;
	uint64_t away = 0;

	CHECK(tie(1ul << home) == OK);
	CHECK(sys_thread_set_priority(thread_self()->handle, thread_self()->priority - mine % 2) ==
	      OK);
	for (unsigned i = 0; i < TIED_ROUNDS; i++) {
		turns->wait(mine);
		away += cpu_number() != home;
		if (mine + 1 < THREADS || i + 1 < TIED_ROUNDS) /* then that one has not ended yet */
			turns->give((mine + 1) % THREADS);
		away += cpu_number() != home;
	}
	CHECK(away == 0);
}

static void test_tied_turns(const struct turns *by)
{
	turns = by;
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(sys_event_create(&turn_events[i]) == OK);
	start_threads(take_turns, THREADS, false);
	turns->give(0);
	join_threads(THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(sys_handle_close(turn_events[i]) == OK);
}

static void test_tied(void)
{
	struct ipc_message m = {.tag = ipc_tag(OP_STOP, 0, 0, 0)};
	struct anon_thread *server;

	CHECK(sys_endpoint_create(&endpoint) == OK);
	CHECK(thread_spawn(serve_at_home, (void *)(cpus - 1), NULL, &server) == OK);
	start_threads(stay, THREADS, false);
	join_threads(THREADS);
	CHECK(ipc_call(endpoint, &m, 0) == OK && thread_join(server) == OK);
	CHECK(sys_handle_close(endpoint) == OK);
}

/* The ways to wait, each for a moment or less: who is tied elsewhere may be on his way into any of them. */
static void wait_in_call(void)
{
	CHECK(is_answered(0));
}

static void wait_parked(void)
{
	CHECK(sys_thread_park(deadline_in_ns(20 * NS_PER_US)) == E_TIMEOUT);
}

static void wait_for_event(void)
{
	uint64_t bits;

	CHECK(sys_event_wait(turn_events[0], 1, deadline_in_ns(20 * NS_PER_US), &bits) ==
	      E_TIMEOUT);
}

static void do_not_wait(void) {}

static void (*wait)(void);

static void wander(void *argument)
{
	(void)argument;
	while (load(&is_wandering)) {
		store(&seen_on, cpu_number());
		wait();
	}
}

static bool is_seen_on(uint64_t cpu)
{
	uint64_t end = clock_ns() + PATIENCE_NS;

	while (load(&seen_on) != cpu)
		if (clock_ns() > end)
			return false;
	for (unsigned i = 0; i < 100; i++)
		if (load(&seen_on) != cpu)
			return false;
	return true;
}

/* One is tied elsewhere while it runs; we, who spin, must not be in its way. */
static void wander_by(void (*how)(void))
{
	wait = how;
	store(&is_wandering, 1);
	start_threads(wander, 1, false);
	for (uint64_t i = 0; i < RETIES && cpus > 1; i++) {
		uint64_t target = i % cpus;

		CHECK(tie(1ul << (target + 1) % cpus) == OK);
		CHECK(sys_thread_set_cpus(threads[0]->handle, 1ul << target) == OK);
		CHECK(is_seen_on(target));
	}
	store(&is_wandering, 0);
	join_threads(1);
}

static void test_retied(void)
{
	struct ipc_message m = {.tag = ipc_tag(OP_STOP, 0, 0, 0)};
	struct anon_thread *server;

	CHECK(sys_endpoint_create(&endpoint) == OK && sys_event_create(&turn_events[0]) == OK);
	CHECK(thread_spawn(serve, NULL, NULL, &server) == OK);
	wander_by(do_not_wait);
	wander_by(wait_in_call);
	wander_by(wait_parked);
	wander_by(wait_for_event);
	CHECK(tie(~0ul) == OK && tie(0) == E_INVAL && tie(1ul << 63) == E_INVAL);
	CHECK(ipc_call(endpoint, &m, 0) == OK && thread_join(server) == OK);
	CHECK(sys_handle_close(endpoint) == OK && sys_handle_close(turn_events[0]) == OK);
}

/* --- parked threads in a ring: whose turn it is goes on, also when the unpark comes before the park --- */

#define PASSES 20000u
#define NOBODYS_TURN UINT64_MAX

static uint64_t passes = NOBODYS_TURN;

static void pass_on(void *argument)
{
	uint64_t mine = (uint64_t)argument;
	uint64_t lost = 0;

	for (uint64_t next = mine; next < PASSES && lost == 0; next += THREADS) {
		while (load(&passes) != next && lost == 0)
			lost = sys_thread_park(deadline_in_ms(10000)) != OK;
		store(&passes, next + 1);
		if (next + 1 < PASSES) /* then that one has not ended yet */
			CHECK(sys_thread_unpark(threads[(mine + 1) % THREADS]->handle) == OK);
	}
	CHECK(lost == 0);
}

static void test_parking(void)
{
	start_threads(pass_on, THREADS, false);
	store(&passes, 0);
	CHECK(sys_thread_unpark(threads[0]->handle) == OK);
	join_threads(THREADS);
	CHECK(passes == PASSES);
}

int main(void)
{
	cpus = count_cpus();
	test_replaced_page();
	test_copied_page();
	test_ended_thread();
	test_registers();
	test_time();
	test_calls();
	test_tied();
	test_tied_turns(&(struct turns){wait_event, signal_event});
	test_tied_turns(&(struct turns){park, unpark});
	test_retied();
	test_parking();
	log_info("%u passed, %u failed", passed, failed);
	return (int)failed;
}
