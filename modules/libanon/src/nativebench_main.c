/*
 * What the kernel's own operations cost native programs. Started in init's place, on a machine with nothing else
 * on it: it starts itself a second time as the server of another address space. Prints "name<TAB>unit<TAB>value"
 * lines in ticks per operation; under icount a tick is an instruction. The lowest of several batches counts.
 */
#include <base/string.h>
#include <libanon/archive.h>
#include <libanon/ipc.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/spawn.h>
#include <libanon/start.h>
#include <libanon/thread.h>

#define BATCHES 5u
#define ROUNDS 1000u

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void must(status_t status, const char *what)
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

static void start_server(void)
{
	handle_t archive_memory = start_handle("archive");
	struct archive_entry entry;
	struct archive archive;
	struct memory_info info;
	struct spawn spawn;
	handle_t process;
	void *bytes;

	must(sys_memory_info(archive_memory, &info), "memory_info");
	must(memory_map(archive_memory, 0, info.bytes, MAP_READ, &bytes), "map the archive");
	archive_init(&archive, bytes, info.bytes);
	must(archive_find(&archive, "init", &entry), "find init");
	must(sys_endpoint_create(&server), "endpoint_create");
	spawn_begin(&spawn, own_domain(), "nativebench",
	            (struct spawn_image){archive_memory, entry.offset, entry.bytes}, 7);
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

int main(void)
{
	struct thread_options above = {.name = "waiter", .priority = 31};

	if (!handle_is_none(start_handle("serve")))
		serve(start_handle("serve"));
	start_server();
	must(sys_event_create(&event), "event_create");
	must(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &own_memory), "memory_create");
	measure("native_null_call", null_call);
	measure("native_ipc_roundtrip", call_empty);
	measure("native_ipc_64_bytes", call_64_bytes);
	measure("native_ipc_4096_bytes", call_4096_bytes);
	must(thread_spawn(waiter, NULL, &above, NULL), "thread_spawn");
	must(sys_thread_set_priority(thread_self()->handle, 20), "thread_set_priority");
	measure("native_event_signal", signal_higher);
	measure("native_derive_close", derive_and_close);
	measure("native_map_unmap", map_and_unmap);
	measure("native_map_fault_unmap", fault_zero_page);
	print_memory();
	log_info("BENCH\tend");
	for (;;)
		must(sys_thread_sleep(0), "sleep");
}
