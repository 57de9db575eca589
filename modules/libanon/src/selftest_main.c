/*
 * Checks on a running system what host tests cannot: relocation, threads, mutexes, the real heap, IPC through
 * the server loop, events and time; run as init, also starting programs. Prints "N passed, N failed" and exits with the number of failures.
 */
#include <base/format.h>
#include <base/string.h>
#include <libanon/archive.h>
#include <libanon/enter.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/mutex.h>
#include <libanon/server.h>
#include <libanon/spawn.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include <libanon/wire.h>

static unsigned passed, failed;

static void check(bool is_good, const char *what)
{
	if (is_good) {
		passed++;
		return;
	}
	failed++;
	log_error("FAIL %s", what);
}
#define CHECK(cond) check(cond, #cond)

/* --- start-up: these pointers are right only after relocation --- */

static const char *const words[] = {"relocated", "data"};
static const char *const *const words_at = words;

static void test_start(void)
{
	handle_t again;

	CHECK(strcmp(words_at[0], "relocated") == 0 && strcmp(words_at[1], "data") == 0);
	CHECK(thread_self()->number == 0 && message_page() != NULL);
	CHECK(handle_is_none(start_handle("no such handle")));
	CHECK(!handle_is_none(own_process()));
	again = start_handle(START_PROCESS);
	CHECK(again.value == own_process().value);
}

static void test_heap(void)
{
	struct heap_statistics before, after;
	void *blocks[200];

	heap_statistics(&before);
	for (size_t i = 0; i < 200; i++) {
		blocks[i] = heap_zalloc(i * i);
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 0xaa, i * i);
	}
	for (size_t i = 0; i < 200; i++)
		heap_free(blocks[i]);
	heap_statistics(&after);
	CHECK(after.blocks == before.blocks && after.bytes == before.bytes);
	blocks[0] = heap_zalloc(1 << 20);
	CHECK(blocks[0] && ((char *)blocks[0])[12345] == 0);
	heap_free(blocks[0]);
}

/* Its pages must really come back zero when they are taken again. */
static void test_heap_discards(void)
{
	for (int round = 0; round < 3; round++) {
		char *block = heap_zalloc(20000);

		CHECK(block != NULL && block[0] == 0 && block[4096] == 0 && block[19999] == 0);
		memset(block, 0x77, 20000);
		heap_free(block);
	}
}

static void test_memory(void)
{
	handle_t memory;
	void *first, *second;

	CHECK(memory_new(8192, &memory, &first) == OK);
	CHECK(memory_map(memory, 0, 8192, MAP_READ | MAP_WRITE, &second) == OK);
	((char *)first)[5000] = 42;
	CHECK(((char *)second)[5000] == 42);
	CHECK(memory_unmap(second, 8192) == OK && memory_unmap(first, 8192) == OK);
	CHECK(sys_handle_close(memory) == OK);
}

/* --- threads --- */

#define WORKERS 4
#define ROUNDS 2000

static struct mutex counter_mutex = MUTEX_RANKED(1);
static struct condition counter_changed = CONDITION_INIT;
static unsigned counter, workers_done;
static struct once once = ONCE_INIT;
static unsigned once_count;

static void count_once(void)
{
	once_count++;
}

static void work(void *argument)
{
	CHECK(thread_self()->argument == argument && message_page() != NULL);
	once_run(&once, count_once);
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&counter_mutex);
		counter++;
		mutex_unlock(&counter_mutex);
		if (i % 100 == 0)
			(void)sys_thread_yield();
	}
	mutex_lock(&counter_mutex);
	workers_done++;
	condition_broadcast(&counter_changed);
	mutex_unlock(&counter_mutex);
}

static void test_joined_threads(void)
{
	struct anon_thread *threads[WORKERS];
	struct thread_options options = {.name = "worker", .with_state = true};

	counter = workers_done = 0;
	for (int i = 0; i < WORKERS; i++)
		CHECK(thread_spawn(work, &threads[i], &options, &threads[i]) == OK);
	mutex_lock(&counter_mutex);
	while (workers_done < WORKERS)
		CHECK(condition_wait(&counter_changed, &counter_mutex, 0) == OK);
	mutex_unlock(&counter_mutex);
	for (int i = 0; i < WORKERS; i++)
		CHECK(thread_join(threads[i]) == OK);
	CHECK(counter == WORKERS * ROUNDS && once_count == 1);
}

static void test_detached_threads(void)
{
	counter = workers_done = 0;
	for (unsigned i = 0; i < 20; i++) {
		CHECK(thread_spawn(work, NULL, NULL, NULL) == OK);
		mutex_lock(&counter_mutex);
		while (workers_done < i + 1)
			CHECK(condition_wait(&counter_changed, &counter_mutex, 0) == OK);
		mutex_unlock(&counter_mutex);
	}
	CHECK(counter == 20 * ROUNDS);
	thread_reap();
}

static void test_condition_timeout(void)
{
	uint64_t start = clock_ns();

	mutex_lock(&counter_mutex);
	CHECK(condition_wait(&counter_changed, &counter_mutex, deadline_in_ms(5)) == E_TIMEOUT);
	mutex_unlock(&counter_mutex);
	CHECK(clock_ns() - start >= 5 * NS_PER_MS);
}

/* Read here or told by the kernel, in any order, the clock never runs backwards. */
static void test_clock_agrees(void)
{
	uint64_t last = clock_ns(), told = 0;
	bool is_forward = true;

	for (unsigned i = 0; i < ROUNDS && is_forward; i++) {
		is_forward = sys_clock_now(&told) == OK && told >= last;
		last = clock_ns();
		is_forward = is_forward && last >= told;
	}
	CHECK(is_forward);
	CHECK(clock_ns() - told < NS_PER_S);
}

/* --- IPC --- */

#define OP_ADD 1u
#define OP_UPPER 2u
#define OP_LATER 3u
#define OP_FLUSH 4u
#define OP_EVENT 5u
#define OP_STOP 6u

struct echo {
	struct server_object object;
	handle_t waiting; /* the reply of a deferred request */
	uint64_t seen_bits;
};

static status_t upper(struct ipc_message *m, char *page)
{
	uint32_t len = ipc_tag_bytes(m->tag);

	for (uint32_t i = 0; i < len; i++)
		page[i] = page[i] >= 'a' && page[i] <= 'z' ? (char)(page[i] - 32) : page[i];
	m->tag = ipc_tag(0, len, 0, 0);
	return OK;
}

static status_t flush(struct server *server, struct echo *echo, struct ipc_message *m)
{
	struct ipc_message late = {.tag = ipc_tag(0, 0, 0, 0), .words = {77}};

	if (handle_is_none(echo->waiting))
		return ipc_dispatch_end(m, E_AGAIN);
	m->tag = 0;
	return server_answer(server, echo->waiting, &late);
}

static status_t echo_dispatch(struct server *server, struct server_object *object,
                              struct ipc_message *m, void *page)
{
	struct echo *echo = container_of(object, struct echo, object);

	switch (ipc_tag_op(m->tag)) {
	case OP_ADD:
		m->words[0] += m->words[7];
		m->tag = 0;
		return OK;
	case OP_UPPER: return upper(m, page);
	case OP_LATER: return server_defer(server, &echo->waiting) == OK ? IPC_DEFERRED : E_NOMEM;
	case OP_FLUSH: return flush(server, echo, m);
	case OP_EVENT:
		m->words[0] = echo->seen_bits;
		m->tag = 0;
		return OK;
	case OP_STOP:
		server_stop(server);
		m->tag = 0;
		return OK;
	}
	return ipc_dispatch_end(m, E_UNSUPPORTED);
}

static struct echo echo = {.object = {.dispatch = echo_dispatch}};
static handle_t news;

static void echo_event(struct server *server, uint64_t bits)
{
	(void)server;
	echo.seen_bits |= bits;
}

static void serve(void *argument)
{
	struct server *server = argument;

	server->on_event = echo_event;
	CHECK(server_bind_event(server, news) == OK);
	CHECK(server_run(server) == OK);
}

static status_t ask(handle_t ep, uint32_t op, struct ipc_message *m)
{
	m->tag = ipc_tag(op, ipc_tag_bytes(m->tag), 0, 0);
	return ipc_exchange(ep, m, deadline_in_ms(5000));
}

static void wait_for_late_reply(void *argument)
{
	struct ipc_message m = {0};

	CHECK(ask(*(handle_t *)argument, OP_LATER, &m) == OK);
	CHECK(m.words[0] == 77);
}

static void test_words_and_bytes(handle_t ep)
{
	struct ipc_message m = {.words = {40, 1, 2, 3, 4, 5, 6, 2}};
	uint32_t op = OP_ADD;
	uint64_t word0 = 5, word1 = 9;

	CHECK(ask(ep, OP_ADD, &m) == OK && m.words[0] == 42 && m.words[6] == 6);
	m = (struct ipc_message){.tag = ipc_tag(0, 4000, 0, 0)};
	memset(message_page(), 'q', 4000);
	CHECK(ask(ep, OP_UPPER, &m) == OK && ipc_tag_bytes(m.tag) == 4000);
	CHECK(((char *)message_page())[0] == 'Q' && ((char *)message_page())[3999] == 'Q');
	m = (struct ipc_message){0};
	CHECK(ask(ep, 99, &m) == E_UNSUPPORTED);
	CHECK(ipc_call_lean(ep, &op, &word0, &word1) == OK && op == 0 && word1 == 9);
}

static void test_deferred_reply(handle_t ep)
{
	struct anon_thread *waiter;
	struct ipc_message m = {0};
	status_t status;

	CHECK(thread_spawn(wait_for_late_reply, &ep, NULL, &waiter) == OK);
	/* Until the waiter has called there is nothing to flush. */
	for (unsigned tries = 0; (status = ask(ep, OP_FLUSH, &m)) != OK && tries < 1000; tries++)
		sleep_ns(2 * NS_PER_MS);
	CHECK(status == OK);
	CHECK(thread_join(waiter) == OK);
}

static void test_event_beside_calls(handle_t ep)
{
	struct ipc_message m = {0};

	CHECK(sys_event_signal(news, 0x5) == OK);
	sleep_ns(2 * NS_PER_MS);
	CHECK(ask(ep, OP_EVENT, &m) == OK && m.words[0] == 0x5);
}

static void test_server(void)
{
	static struct server server;
	struct anon_thread *thread;
	struct ipc_message m = {0};
	handle_t ep;

	CHECK(server_init(&server, HANDLE_NONE, NULL) == OK && sys_event_create(&news) == OK);
	CHECK(server_publish(&server, &echo.object) == OK);
	CHECK(server_handle(&server, &echo.object, RIGHT_CALL, &ep) == OK);
	CHECK(thread_spawn(serve, &server, NULL, &thread) == OK);
	test_words_and_bytes(ep);
	test_deferred_reply(ep);
	test_event_beside_calls(ep);
	CHECK(ask(ep, OP_STOP, &m) == OK);
	CHECK(thread_join(thread) == OK);
}

static void test_log_keeps_message_page(void)
{
	memset(message_page(), 0x3c, 64);
	log_info("a line while the message page is in use");
	CHECK(((char *)message_page())[0] == 0x3c && ((char *)message_page())[63] == 0x3c);
}

/* --- starting programs: only when run as init, which holds the boot archive --- */

static struct process_info end_of(handle_t process)
{
	struct process_info info = {0};
	handle_t event = HANDLE_NONE;
	uint64_t bits = 0;

	CHECK(sys_event_create(&event) == OK);
	CHECK(sys_process_watch(process, event, 2) == OK);
	CHECK(event_await(event, 2, 5 * NS_PER_S, &bits) == OK && bits == 2);
	CHECK(sys_process_info(process, &info) == OK);
	CHECK(sys_handle_close(event) == OK && sys_handle_close(process) == OK);
	return info;
}

static struct process_info run_program(handle_t domain, const struct archive *archive,
                                       const char *name, const char *argument)
{
	handle_t process = HANDLE_NONE;
	struct archive_entry entry = {0};
	struct spawn spawn;

	CHECK(archive_find(archive, name, &entry) == OK);
	spawn_begin(&spawn, domain, name,
	            (struct spawn_image){start_handle("archive"), entry.offset, entry.bytes},
	            clock_ns());
	spawn_arg(&spawn, argument);
	if (spawn_start(&spawn, 8, 0, &process) == OK)
		return end_of(process);
	CHECK(!"spawn_start");
	return (struct process_info){0};
}

/* Run in a small domain: the heap must say no before a touch kills the program. */
static int exhaust(void)
{
	void **chain = NULL, **next;
	unsigned count = 0;

	while ((next = heap_alloc(1000 + count % 7 * 1000)) != NULL) {
		*next = chain;
		chain = next;
		count++;
	}
	for (; chain; chain = next) {
		next = *chain;
		heap_free(chain);
	}
	log_info("the heap refused after %u blocks", count);
	return count > 20 && heap_alloc(5000) ? 0 : 1;
}

static void test_small_domain(const struct archive *archive)
{
	struct domain_limits limits = {.pages = 300, .handles = 64, .threads = 4, .share = 256};
	handle_t domain = HANDLE_NONE;
	struct process_info end;

	CHECK(sys_domain_create(own_domain(), &limits, &domain) == OK);
	end = run_program(domain, archive, "native/selftest", "exhaust");
	CHECK(end.state == PROCESS_EXITED && end.status == 0);
	CHECK(sys_domain_kill(domain) == OK); /* takes the handle with it */
}

static void test_spawn(void)
{
	handle_t memory = start_handle("archive");
	struct memory_info info = {0};
	struct archive archive;
	struct process_info end;
	void *bytes = NULL;

	if (handle_is_none(memory))
		return;
	CHECK(sys_memory_info(memory, &info) == OK);
	CHECK(memory_map(memory, 0, info.bytes, MAP_READ, &bytes) == OK);
	archive_init(&archive, bytes, info.bytes);
	end = run_program(own_domain(), &archive, "native/hello", "started by selftest");
	CHECK(end.state == PROCESS_EXITED && end.status == 0);
	end = run_program(own_domain(), &archive, "native/crash", "");
	CHECK(end.state == PROCESS_FAULTED && end.status == 14 && end.fault_address == 0);
	end = run_program(own_domain(), &archive, "native/crash", "undefined");
	CHECK(end.state == PROCESS_FAULTED && end.status == 6 && end.fault_ip >= NATIVE_BASE);
	test_small_domain(&archive);
	CHECK(memory_unmap(bytes, info.bytes) == OK);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exhaust") == 0)
		return exhaust();
	test_start();
	test_heap();
	test_heap_discards();
	test_memory();
	test_joined_threads();
	test_detached_threads();
	test_condition_timeout();
	test_clock_agrees();
	test_server();
	test_log_keeps_message_page();
	test_spawn();
	log_info("%u passed, %u failed", passed, failed);
	return (int)failed;
}
