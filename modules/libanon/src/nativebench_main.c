/*
 * What the kernel's own operations cost native programs. Started in init's place, on a machine with nothing else
 * on it: it starts itself a second time as the server of another address space. Prints "name<TAB>unit<TAB>value"
 * lines in ticks per operation; under icount a tick is an instruction. The lowest of several batches counts.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/archive.h>
#include <libanon/ipc.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/spawn.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include "nativebench.h"

#define BATCHES 5u
#define ROUNDS 1000u
#define PAIRS 8u
#define PAIR_ROUNDS 20000u

void must(status_t status, const char *what)
{
	if (status == OK)
		return;
	log_error("nativebench: %s: %s", what, status_name(status));
	program_exit(1);
}

/* Ticks per call of one(), in tenths, CR3 writes per call in tenths. */
static void measure(const char *name, void (*one)(void))
{
	uint64_t best = UINT64_MAX, roots = 0;

	for (unsigned batch = 0; batch < BATCHES; batch++) {
		struct system_info before, after;
		uint64_t start, spent;

		must(sys_system_info(&before), "system_info");
		start = ticks();
		for (unsigned i = 0; i < ROUNDS; i++)
			one();
		spent = ticks() - start;
		must(sys_system_info(&after), "system_info");
		if (spent < best) {
			best = spent;
			roots = after.root_writes - before.root_writes;
		}
	}
	log_info("BENCH\t%s\ttsc\t%lu.%lu\t%lu.%lu", name, best / ROUNDS, best * 10 / ROUNDS % 10,
	         roots / ROUNDS, roots * 10 / ROUNDS % 10);
}

/* What measure() does not measure itself. */
void print_row(const char *name, uint64_t tenths)
{
	log_info("BENCH\t%s\ttsc\t%lu.%lu\t-", name, tenths / 10, tenths % 10);
}

/* --- the server half, in a process of its own --- */

static void serve(handle_t endpoint)
{
	uint64_t word0 = 0, word1 = 0, badge;
	uint32_t op = 0;
	struct ipc_message m;
	handle_t reply;

	must(sys_reply_create(&reply), "reply_create");
	must(ipc_receive(endpoint, reply, &m, 0), "ipc_receive");
	for (;;)
		must(ipc_reply_receive_lean(endpoint, reply, &op, &word0, &word1, &badge),
		     "ipc_reply_receive");
}

/* --- the client half --- */

static handle_t server;
static handle_t event;
static handle_t own_memory;

/* This program. */
static struct spawn_image find_image(void)
{
	handle_t archive_memory = start_handle("archive");
	struct archive_entry entry;
	struct archive archive;
	struct memory_info info;
	void *bytes;

	must(sys_memory_info(archive_memory, &info), "memory_info");
	must(memory_map(archive_memory, 0, info.bytes, MAP_READ, &bytes), "map the archive");
	archive_init(&archive, bytes, info.bytes);
	must(archive_find(&archive, "init", &entry), "find init");
	return (struct spawn_image){archive_memory, entry.offset, entry.bytes};
}

static void start_server(struct spawn_image image)
{
	struct spawn spawn;
	handle_t process;

	must(sys_endpoint_create(&server), "endpoint_create");
	spawn_begin(&spawn, own_domain(), "nativebench", image, 7);
	spawn_give(&spawn, "serve", server, RIGHT_RECEIVE, 0);
	must(spawn_start(&spawn, 31, 0, &process), "spawn");
}

static void call_empty(void)
{
	uint64_t word0 = 1, word1 = 2;
	uint32_t op = 1;

	must(ipc_call_lean(server, &op, &word0, &word1), "ipc_call");
}

static void call_64_bytes(void)
{
	struct ipc_message m = {.tag = ipc_tag(1, 0, 0, 0), .words = {1, 2, 3, 4, 5, 6, 7, 8}};

	must(ipc_call(server, &m, 0), "ipc_call");
}

static void call_4096_bytes(void)
{
	struct ipc_message m = {.tag = ipc_tag(1, IPC_BYTES_MAX, 0, 0)};

	must(ipc_call(server, &m, 0), "ipc_call");
}

/* --- pairs of a client and a server that have nothing in common, for the machine with several CPUs --- */

static void serve_thread(void *unused)
{
	(void)unused;
	serve(server);
}

/* A process of its own: says that it is ready, waits for the start, makes its calls. */
static void be_pair(handle_t news)
{
	struct thread_options options = {.name = "server", .priority = PRIORITY};
	handle_t start = start_handle("start");
	uint64_t bits;

	must(sys_endpoint_create(&server), "endpoint_create");
	must(thread_spawn(serve_thread, NULL, &options, NULL), "thread_spawn");
	call_empty();
	must(sys_event_signal(news, UINT64_MAX), "event_signal");
	must(sys_event_wait(start, UINT64_MAX, 0, &bits), "event_wait");
	for (unsigned i = 0; i < PAIR_ROUNDS; i++)
		call_empty();
	must(sys_event_signal(news, UINT64_MAX), "event_signal");
	program_exit(0);
}

static void await_all(handle_t news)
{
	uint64_t seen = 0, bits = 0;

	while (seen != (1u << PAIRS) - 1) {
		must(sys_event_wait(news, UINT64_MAX, 0, &bits), "event_wait");
		seen |= bits;
	}
}

/* Ticks per round trip of all pairs together: what an operation costs on all CPUs when each has its own to do. */
static void measure_pairs(struct spawn_image image)
{
	handle_t news = HANDLE_NONE, starts[PAIRS], process;
	uint64_t start;

	must(sys_event_create(&news), "event_create");
	for (unsigned i = 0; i < PAIRS; i++) {
		struct spawn spawn;

		must(sys_event_create(&starts[i]), "event_create");
		spawn_begin(&spawn, own_domain(), "pair", image, 8 + i);
		spawn_give(&spawn, "pair", news, RIGHT_WRITE, 1u << i);
		spawn_give(&spawn, "start", starts[i], RIGHT_WAIT, 0);
		must(spawn_start(&spawn, PRIORITY, 0, &process), "spawn");
	}
	await_all(news);
	start = ticks();
	for (unsigned i = 0; i < PAIRS; i++)
		must(sys_event_signal(starts[i], 1), "event_signal");
	await_all(news);
	start = ticks() - start;
	print_row("native_ipc_pairs", start * 10 / (PAIRS * PAIR_ROUNDS));
}

static void waiter(void *argument)
{
	uint64_t bits;

	(void)argument;
	for (;;)
		must(sys_event_wait(event, UINT64_MAX, 0, &bits), "event_wait");
}

static void signal_higher(void)
{
	must(sys_event_signal(event, 1), "event_signal");
}

static void null_call(void)
{
	uint64_t now;

	must(sys_clock_now(&now), "clock_now");
}

static void derive_and_close(void)
{
	handle_t child = HANDLE_NONE;

	must(sys_handle_derive(own_memory, RIGHT_READ, 0, &child), "handle_derive");
	must(sys_handle_close(child), "handle_close");
}

static void map_and_unmap(void)
{
	struct map_args args = {
		.memory = own_memory, .flags = MAP_READ | MAP_WRITE, .bytes = PAGE_SIZE};
	uint64_t address = 0;

	must(sys_map(own_process(), &args, &address), "map");
	must(sys_unmap(own_process(), address, PAGE_SIZE), "unmap");
}

static void fault_zero_page(void)
{
	struct map_args args = {.flags = MAP_READ | MAP_WRITE, .bytes = PAGE_SIZE};
	uint64_t address = 0;

	must(sys_map(own_process(), &args, &address), "map");
	*(volatile char *)address = 1;
	must(sys_unmap(own_process(), address, PAGE_SIZE), "unmap");
}

static void print_memory(void)
{
	struct system_info info;

	must(sys_system_info(&info), "system_info");
	log_info("BENCH\tkernel_memory\tKiB\t%lu\t-", info.kernel_pages * 4);
}

/* Delays are of somebody who has to wait for the only CPU. */
static bool is_on_one_cpu(void)
{
	struct system_info info;

	must(sys_system_info(&info), "system_info");
	return info.cpus == 1;
}

int main(void)
{
	struct thread_options above = {.name = "waiter", .priority = 31};
	struct spawn_image image;

	if (!handle_is_none(start_handle("serve")))
		serve(start_handle("serve"));
	if (!handle_is_none(start_handle("pair")))
		be_pair(start_handle("pair"));
	image = find_image();
	start_server(image);
	must(sys_event_create(&event), "event_create");
	must(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &own_memory), "memory_create");
	measure("native_null_call", null_call);
	measure("native_ipc_roundtrip", call_empty);
	measure("native_ipc_64_bytes", call_64_bytes);
	measure("native_ipc_4096_bytes", call_4096_bytes);
	must(thread_spawn(waiter, NULL, &above, NULL), "thread_spawn");
	must(sys_thread_set_priority(thread_self()->handle, PRIORITY), "thread_set_priority");
	measure("native_event_signal", signal_higher);
	measure("native_derive_close", derive_and_close);
	measure("native_map_unmap", map_and_unmap);
	measure("native_map_fault_unmap", fault_zero_page);
	print_memory();
	measure_pairs(image);
	if (is_on_one_cpu()) {
		measure_timer_delay();
		measure_busy_server();
		measure_revoke();
	}
	log_info("BENCH\tend");
	for (;;)
		must(sys_thread_sleep(0), "sleep");
}
