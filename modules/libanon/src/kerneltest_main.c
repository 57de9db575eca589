/*
 * System calls that must be refused, or must take effect at once, or must go in steps, seen from a program: what the
 * kernel's own tests, which call its functions, cannot see. Prints "N passed, N failed" to the kernel's log and exits
 * with the number of failures.
 */
#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/ipc.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>

#define LARGE (3ul << 20) /* more than a step */
#define RW (MAP_READ | MAP_WRITE)

static unsigned passed, failed;

static void check(bool is_good, const char *what, int line)
{
	if (is_good) {
		passed++;
		return;
	}
	failed++;
	log_error("FAIL line %d: %s", line, what);
}
#define CHECK(cond) check(cond, #cond, __LINE__)

static handle_t make_domain(uint64_t pages)
{
	struct domain_limits limits = {.pages = pages, .handles = 60, .threads = 4, .share = 256};
	handle_t domain = HANDLE_NONE;

	CHECK(sys_domain_create(HANDLE_NONE, &limits, &domain) == OK);
	return domain;
}

static status_t map(handle_t target, handle_t memory, uint64_t address, uint64_t bytes,
                    uint32_t flags)
{
	struct map_args args = {
		.memory = memory, .flags = flags, .address = address, .bytes = bytes};
	uint64_t at;

	return sys_map(target, &args, &at);
}

/* --- rights --- */

static void test_map_right(void)
{
	handle_t memory = HANDLE_NONE, lesser = HANDLE_NONE;

	CHECK(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &memory) == OK);
	CHECK(sys_handle_derive(memory, RIGHT_READ | RIGHT_WRITE, 0, &lesser) == OK);
	CHECK(map(own_process(), lesser, 0, PAGE_SIZE, MAP_READ) == E_ACCESS);
	CHECK(sys_handle_close(lesser) == OK && sys_handle_close(memory) == OK);
}

/* What the kernel sends, nobody else does. */
static void test_kernel_operations(void)
{
	struct ipc_message m = {.tag = ipc_tag(IPC_OP_PAGE_REQUEST, 0, 0, 0)};
	handle_t endpoint = HANDLE_NONE;

	CHECK(sys_endpoint_create(&endpoint) == OK);
	CHECK(ipc_call(endpoint, &m, deadline_in_ms(5)) == E_INVAL);
	m.tag = ipc_tag(IPC_OP_EVENT, 0, 0, 0);
	CHECK(ipc_call(endpoint, &m, deadline_in_ms(5)) == E_INVAL);
	m.tag = ipc_tag(1, 0, 0, 0);
	CHECK(ipc_call(endpoint, &m, deadline_in_ms(5)) == E_TIMEOUT);
	CHECK(sys_handle_close(endpoint) == OK);
}

/* --- refusals that change nothing --- */

static void test_refused_thread(void)
{
	struct thread_args args = {.entry = NATIVE_BASE + PAGE_SIZE,
	                           .message = NATIVE_BASE + PAGE_SIZE};
	handle_t process = HANDLE_NONE, thread;
	struct process_info info;

	CHECK(sys_process_create(HANDLE_NONE, "refused", 7, &process) == OK);
	CHECK(sys_thread_create(process, &args, &thread) == E_FAULT);
	CHECK(sys_process_info(process, &info) == OK && info.state == PROCESS_RUNNING);
	CHECK(sys_process_kill(process, 0) == OK);
	CHECK(map(process, HANDLE_NONE, 0, PAGE_SIZE, RW) == E_GONE);
	CHECK(sys_handle_close(process) == OK);
}

/* Must come back, though what it could not complete is dying. */
static void test_too_little_memory(void)
{
	handle_t domain = make_domain(3), process;

	CHECK(sys_process_create(domain, "small", 5, &process) == E_NOMEM);
	CHECK(sys_domain_kill(domain) == OK);
}

static void test_resize(void)
{
	struct memory_info info;
	handle_t memory = HANDLE_NONE;

	CHECK(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &memory) == OK);
	CHECK(sys_memory_resize(memory, UINT64_MAX) == E_INVAL);
	CHECK(sys_memory_info(memory, &info) == OK && info.bytes == PAGE_SIZE);
	CHECK(sys_handle_close(memory) == OK);
}

/* --- waits end when the handle they were begun with is taken away --- */

static handle_t waited_for, wait_reply;
static status_t wait_status;

static void wait_for_message(void *unused)
{
	struct ipc_message m;

	(void)unused;
	wait_status = ipc_receive(waited_for, wait_reply, &m, deadline_in_ms(2000));
}

static void wait_for_event(void *unused)
{
	uint64_t bits;

	(void)unused;
	wait_status = sys_event_wait(waited_for, 1, deadline_in_ms(2000), &bits);
}

static void revoke_during(void (*wait)(void *), handle_t root)
{
	struct anon_thread *thread = NULL;

	CHECK(sys_handle_derive(root, UINT32_MAX, 0, &waited_for) == OK);
	CHECK(thread_spawn(wait, NULL, NULL, &thread) == OK);
	sleep_ns(5 * NS_PER_MS);
	CHECK(sys_handle_revoke(root) == OK);
	CHECK(thread_join(thread) == OK);
	CHECK(wait_status == E_HANDLE);
	CHECK(sys_handle_close(root) == OK);
}

static void test_revoked_waits(void)
{
	handle_t endpoint = HANDLE_NONE, event = HANDLE_NONE;

	CHECK(sys_endpoint_create(&endpoint) == OK && sys_event_create(&event) == OK);
	CHECK(sys_reply_create(&wait_reply) == OK);
	revoke_during(wait_for_message, endpoint);
	revoke_during(wait_for_event, event);
	CHECK(sys_handle_close(wait_reply) == OK);
}

/* --- in steps --- */

static void test_large_transfers(void)
{
	handle_t memory = HANDLE_NONE, copy = HANDLE_NONE;
	uint8_t *buffer = heap_zalloc(LARGE);

	CHECK(buffer && sys_memory_create(HANDLE_NONE, LARGE, 0, &memory) == OK);
	for (uint64_t i = 0; i < LARGE; i += PAGE_SIZE)
		buffer[i] = (uint8_t)(i >> PAGE_SHIFT);
	CHECK(sys_memory_write(memory, 0, buffer, LARGE) == OK);
	memset(buffer, 0, LARGE);
	CHECK(sys_memory_copy(memory, HANDLE_NONE, 0, LARGE, &copy) == OK);
	CHECK(sys_memory_resize(memory, PAGE_SIZE) == OK && sys_memory_resize(memory, LARGE) == OK);
	CHECK(sys_memory_read(copy, 0, buffer, LARGE) == OK);
	CHECK(buffer[LARGE - PAGE_SIZE] == (uint8_t)((LARGE - PAGE_SIZE) >> PAGE_SHIFT));
	CHECK(sys_memory_read(memory, 0, buffer, LARGE) == OK && buffer[LARGE - PAGE_SIZE] == 0);
	CHECK(sys_handle_close(copy) == OK && sys_handle_close(memory) == OK);
	heap_free(buffer);
}

static void test_large_space(void)
{
	handle_t space = HANDLE_NONE, clone = HANDLE_NONE;
	uint8_t *buffer = heap_zalloc(LARGE);
	struct map_info info;
	uint64_t done = 0, at;

	memset(buffer, 5, LARGE);
	CHECK(sys_space_create(HANDLE_NONE, &space) == OK);
	CHECK(map(space, HANDLE_NONE, 1 << 20, LARGE, RW | MAP_FIXED) == OK);
	CHECK(sys_space_copy(space, 1 << 20, buffer, LARGE, 1, &done) == OK && done == LARGE);
	CHECK(sys_space_clone(space, HANDLE_NONE, &clone) == OK);
	CHECK(sys_protect(space, 1 << 20, LARGE, MAP_READ) == OK);
	CHECK(sys_unmap(space, 1 << 20, LARGE) == OK);
	CHECK(sys_query(clone, 1 << 20, &info, &at) == OK &&
	      info.resident_pages == LARGE / PAGE_SIZE);
	CHECK(sys_space_copy(clone, 1 << 20, buffer, LARGE, 0, &done) == OK && done == LARGE);
	CHECK(buffer[LARGE - 1] == 5);
	CHECK(sys_discard(clone, 1 << 20, LARGE) == OK);
	CHECK(sys_query(clone, 1 << 20, &info, &at) == OK && info.resident_pages == 0);
	CHECK(sys_handle_close(space) == OK && sys_handle_close(clone) == OK);
	heap_free(buffer);
}

static uint64_t free_pages(void)
{
	struct system_info info = {0};

	CHECK(sys_system_info(&info) == OK);
	return info.pages_free + info.kernel_pages;
}

/* The call comes back when all is given back. */
static void test_large_domain(void)
{
	uint64_t before = free_pages();
	handle_t domain = make_domain(2000), memory = HANDLE_NONE, process = HANDLE_NONE;
	void *content = heap_zalloc(LARGE);

	before = free_pages() < before ? before : free_pages();
	CHECK(sys_memory_create(domain, LARGE, 0, &memory) == OK);
	CHECK(sys_memory_write(memory, 0, content, LARGE) == OK);
	CHECK(sys_process_create(domain, "large", 5, &process) == OK);
	CHECK(map(process, memory, 0, LARGE, RW) == OK);
	heap_free(content);
	CHECK(sys_domain_kill(domain) == OK);
	CHECK(free_pages() + 16 >= before);
	CHECK(sys_handle_close(memory) == E_HANDLE && sys_handle_close(process) == E_HANDLE);
}

/* In the kernel's half, and no small negative number. */
static bool is_kernel_address(uint64_t word)
{
	return word >= NATIVE_END && word < -4096ul;
}

static unsigned kernel_addresses(const void *from, uint64_t bytes)
{
	const uint64_t *words = from;
	unsigned count = 0;

	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		count += is_kernel_address(words[i]);
	return count;
}

/* Makes a call with registers that hold nothing else; how many hold a kernel address afterwards. */
static unsigned leaks_of(uint64_t number, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	uint64_t after[14];
	register uint64_t *place __asm__("r9") = after;

	__asm__ volatile("subq $128, %%rsp\n\t" /* the red zone */
	                 "pushq %%rbp\n\t"
	                 "pushq %%rbx\n\t"
	                 "movq %%r9, %%rbp\n\t"
	                 "xorl %%ebx, %%ebx\n\t"
	                 "xorl %%r8d, %%r8d\n\t"
	                 "xorl %%r9d, %%r9d\n\t"
	                 "xorl %%r10d, %%r10d\n\t"
	                 "xorl %%r12d, %%r12d\n\t"
	                 "xorl %%r13d, %%r13d\n\t"
	                 "xorl %%r14d, %%r14d\n\t"
	                 "xorl %%r15d, %%r15d\n\t"
	                 "syscall\n\t"
	                 "movq %%rax, (%%rbp)\n\t"
	                 "movq %%rbx, 8(%%rbp)\n\t"
	                 "movq %%rcx, 16(%%rbp)\n\t"
	                 "movq %%rdx, 24(%%rbp)\n\t"
	                 "movq %%rsi, 32(%%rbp)\n\t"
	                 "movq %%rdi, 40(%%rbp)\n\t"
	                 "movq %%r8, 48(%%rbp)\n\t"
	                 "movq %%r9, 56(%%rbp)\n\t"
	                 "movq %%r10, 64(%%rbp)\n\t"
	                 "movq %%r11, 72(%%rbp)\n\t"
	                 "movq %%r12, 80(%%rbp)\n\t"
	                 "movq %%r13, 88(%%rbp)\n\t"
	                 "movq %%r14, 96(%%rbp)\n\t"
	                 "movq %%r15, 104(%%rbp)\n\t"
	                 "popq %%rbx\n\t"
	                 "popq %%rbp\n\t"
	                 "addq $128, %%rsp"
	                 : "+a"(number), "+D"(arg0), "+S"(arg1), "+d"(arg2), "+r"(place)
	                 :
	                 : "rcx", "r8", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	return kernel_addresses(after, sizeof(after));
}

static void test_no_kernel_addresses(void)
{
	static uint64_t room[4 * PAGE_SIZE / 8];
	const uint64_t own[] = {own_process().value, own_domain().value,
	                        thread_self()->handle.value};
	static const uint32_t infos[] = {SYS_handle_info, SYS_process_info, SYS_domain_info,
	                                 SYS_thread_info, SYS_memory_info};

	for (unsigned i = 0; i < ARRAY_SIZE(infos); i++)
		for (unsigned k = 0; k < ARRAY_SIZE(own); k++) {
			CHECK(leaks_of(infos[i], own[k], (uint64_t)room, sizeof(room)) == 0);
			CHECK(kernel_addresses(room, sizeof(room)) == 0);
		}
	CHECK(leaks_of(SYS_system_info, (uint64_t)room, 0, 0) == 0);
	CHECK(leaks_of(SYS_query, own[0], NATIVE_BASE, (uint64_t)room) == 0);
	CHECK(leaks_of(SYS_fpu_get, (uint64_t)room, sizeof(room), 0) == 0);
	CHECK(leaks_of(SYS_handle_derive, own[0], ~0ul, 0) == 0);
	CHECK(leaks_of(SYS_thread_yield, 0, 0, 0) == 0 && leaks_of(191, 0, 0, 0) == 0);
	CHECK(kernel_addresses(room, sizeof(room)) == 0);
	CHECK(kernel_addresses(start_page(), PAGE_SIZE) == 0);
	CHECK(kernel_addresses(message_page(), PAGE_SIZE) == 0);
}

int main(void)
{
	char line[60];

	test_map_right();
	test_kernel_operations();
	test_refused_thread();
	test_too_little_memory();
	test_resize();
	test_revoked_waits();
	test_large_transfers();
	test_large_space();
	test_large_domain();
	test_no_kernel_addresses();
	(void)sys_domain_log(own_domain(), line,
	                     format_string(line, sizeof(line), "%u passed, %u failed", passed,
	                                   failed));
	return (int)failed;
}
