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
#include "kerneltest.h"

#define LARGE (3ul << 20) /* more than a step */
#define RW (MAP_READ | MAP_WRITE)

static unsigned passed, failed;

void check(bool is_good, const char *what, int line)
{
	if (is_good) {
		passed++;
		return;
	}
	failed++;
	log_error("FAIL line %d: %s", line, what);
}

handle_t make_domain(uint64_t pages)
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
/* What a dead program left with a process that has no threads, its successor finds. */
static void test_handles_of_another(void)
{
	handle_t domain = make_domain(100), process = HANDLE_NONE, weak = HANDLE_NONE;
	handle_t memory = HANDLE_NONE, there = HANDLE_NONE, here = HANDLE_NONE;
	struct handle_info info = {0};
	uint64_t number = 0;

	CHECK(sys_process_create(domain, "vault", 5, &process) == OK);
	CHECK(sys_memory_create(domain, PAGE_SIZE, 0, &memory) == OK);
	CHECK(sys_handle_next(process, 0, &number) == E_NOENT);
	CHECK(sys_handle_install(process, memory, UINT32_MAX, 77, &there) == OK);
	CHECK(sys_handle_close(memory) == OK);
	CHECK(sys_handle_derive(process, RIGHT_READ, 0, &weak) == OK);
	CHECK(sys_handle_next(weak, 0, &number) == E_ACCESS);
	CHECK(sys_handle_next(process, 0, &number) == OK && number == there.value);
	CHECK(sys_handle_next(process, (number & 0xffff) + 1, &number) == E_NOENT);
	CHECK(sys_handle_take(weak, there.value, UINT32_MAX, &here) == E_ACCESS);
	CHECK(sys_handle_take(process, there.value + 1, UINT32_MAX, &here) == E_HANDLE);
	CHECK(sys_handle_take(process, there.value, UINT32_MAX & ~RIGHT_WRITE, &here) == OK);
	CHECK(sys_handle_info(here, &info) == OK && info.badge == 77 &&
	      info.type == OBJECT_MEMORY && !(info.rights & RIGHT_WRITE));
	CHECK(sys_handle_remove(weak, there.value) == E_ACCESS);
	CHECK(sys_handle_remove(process, there.value) == OK);
	CHECK(sys_handle_remove(process, there.value) == E_HANDLE);
	CHECK(sys_handle_info(here, &info) == OK);
	CHECK(sys_process_kill(process, 0) == OK);
	CHECK(sys_handle_next(process, 0, &number) == E_GONE);
	CHECK(sys_domain_kill(domain) == OK);
}

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

/* --- nobody there --- */

static void test_no_receiver(void)
{
	struct ipc_message m = {.tag = ipc_tag(1, 8, 0, 0)};
	handle_t endpoint = HANDLE_NONE, caller = HANDLE_NONE;

	CHECK(sys_endpoint_create(&endpoint) == OK);
	CHECK(sys_handle_derive(endpoint, RIGHT_CALL, 0, &caller) == OK);
	CHECK(sys_handle_close(endpoint) == OK);
	CHECK(ipc_call(caller, &m, deadline_in_ms(2000)) == E_GONE);
	m.tag = ipc_tag(1, 0, 0, 0);
	CHECK(ipc_call(caller, &m, 0) == E_GONE);
	CHECK(sys_handle_close(caller) == OK);
}

static status_t call_for(uint64_t ms, handle_t endpoint, uint64_t tag, handle_t first,
                         handle_t second)
{
	struct ipc_message m = {.tag = tag};

	ipc_put_handle(&m, 0, first);
	ipc_put_handle(&m, 1, second);
	return ipc_call(endpoint, &m, deadline_in_ms(ms));
}

static status_t call_with(handle_t endpoint, uint64_t tag, handle_t first, handle_t second)
{
	return call_for(5000, endpoint, tag, first, second);
}

/* An endpoint that is served, though nobody comes to receive. */
static void test_bad_messages(void)
{
	handle_t endpoint = HANDLE_NONE, event = HANDLE_NONE, bare = HANDLE_NONE;
	struct ipc_message m;

	CHECK(sys_endpoint_create(&endpoint) == OK && sys_event_create(&event) == OK);
	CHECK(sys_handle_derive(event, RIGHT_WAIT, 0, &bare) == OK);
	CHECK(call_with(endpoint, ipc_tag(1, IPC_BYTES_MAX + 1, 0, 0), event, event) == E_INVAL);
	CHECK(call_with(endpoint, ipc_tag(1, 0, IPC_HANDLES_MAX + 1, 0), event, event) == E_INVAL);
	CHECK(call_for(5, endpoint, ipc_tag(1, IPC_BYTES_MAX, 2, 0), event, event) == E_TIMEOUT);
	CHECK(call_with(event, ipc_tag(1, 0, 0, 0), event, event) == E_TYPE);
	CHECK(ipc_receive(endpoint, event, &m, deadline_in_ms(5)) == E_TYPE);
	CHECK(ipc_receive(event, endpoint, &m, deadline_in_ms(5)) == E_TYPE);
	CHECK(sys_handle_close(bare) == OK && sys_handle_close(event) == OK);
	CHECK(sys_handle_close(endpoint) == OK);
}

static handle_t served, serve_reply;
static status_t serve_status[2];

/* Takes what comes until one comes with nothing. */
static void serve(void *unused)
{
	struct ipc_message m;

	(void)unused;
	while (ipc_receive(served, serve_reply, &m, deadline_in_ms(2000)) == OK &&
	       ipc_tag_op(m.tag) != 9) {
		serve_status[0] = ipc_receive(served, serve_reply, &m, deadline_in_ms(5));
		m.tag = ipc_tag(0, IPC_BYTES_MAX + 1, 0, 0);
		serve_status[1] = ipc_reply(serve_reply, &m);
		m.tag = ipc_tag(0, 0, 0, 0);
		(void)ipc_reply(serve_reply, &m);
	}
	m.tag = ipc_tag(0, 0, 0, 0);
	(void)ipc_reply(serve_reply, &m);
}

/* Handles that may not travel are refused when there is somebody to whom they would. */
static void test_bad_handles(void)
{
	struct anon_thread *thread = NULL;
	handle_t event = HANDLE_NONE, bare = HANDLE_NONE;

	CHECK(sys_endpoint_create(&served) == OK && sys_reply_create(&serve_reply) == OK);
	CHECK(sys_event_create(&event) == OK);
	CHECK(sys_handle_derive(event, RIGHT_WAIT, 0, &bare) == OK);
	CHECK(thread_spawn(serve, NULL, NULL, &thread) == OK);
	sleep_ns(5 * NS_PER_MS);
	CHECK(call_with(served, ipc_tag(1, 0, 1, 0), HANDLE_NONE, event) == E_HANDLE);
	CHECK(call_with(served, ipc_tag(1, 0, 1, 0), bare, event) == E_ACCESS);
	CHECK(call_with(served, ipc_tag(1, 0, 1, 1), bare, event) == E_ACCESS);
	CHECK(call_with(served, ipc_tag(1, 0, 2, 1), event, event) == E_INVAL);
	CHECK(call_with(served, ipc_tag(1, 0, 2, 2), event, event) == E_INVAL);
	CHECK(ipc_receive(served, serve_reply, &(struct ipc_message){0}, deadline_in_ms(5)) ==
	      E_BUSY);
	CHECK(ipc_reply_receive(served, serve_reply, &(struct ipc_message){0}, deadline_in_ms(5)) ==
	      E_BUSY);
	CHECK(call_with(served, ipc_tag(1, 0, 0, 0), event, event) == OK);
	CHECK(serve_status[0] == E_BUSY && serve_status[1] == E_INVAL);
	CHECK(call_with(served, ipc_tag(9, 0, 0, 0), event, event) == OK);
	CHECK(thread_join(thread) == OK);
	CHECK(sys_handle_close(bare) == OK && sys_handle_close(event) == OK);
	CHECK(sys_handle_close(served) == OK && sys_handle_close(serve_reply) == OK);
}

static handle_t dead; /* the thread, once it has ended */

/* A kick that comes before the wait ends every wait that may be interrupted, until the thread enters a guest: it is for
 * that it was kicked. */
static void wait_kicked(void *unused)
{
	static uint32_t word;
	handle_t event = HANDLE_NONE;
	uint64_t bits, start;

	(void)unused;
	CHECK(sys_handle_derive(thread_self()->handle, RIGHT_WRITE, 0, &dead) == OK);
	CHECK(sys_thread_kick(dead) == OK);
	CHECK(sys_event_create(&event) == OK);
	for (int i = 0; i < 2; i++) {
		CHECK(sys_event_wait(event, 1, deadline_in_ms(2000), &bits) == E_INTR);
		CHECK(sys_thread_sleep(deadline_in_ms(2000)) == E_INTR);
		CHECK(sys_word_wait(HANDLE_NONE, (uint64_t)&word, 0, deadline_in_ms(2000),
		                    WORD_WAIT_INTERRUPTIBLE) == E_INTR);
	}
	CHECK(sys_word_wait(HANDLE_NONE, (uint64_t)&word, 0, deadline_in_ms(1), 0) == E_TIMEOUT);
	start = clock_ns();
	sleep_ns(5 * NS_PER_MS);
	CHECK(clock_ns() - start >= 5 * NS_PER_MS);
	CHECK(sys_handle_close(event) == OK);
}

static void test_latched_kick(void)
{
	struct anon_thread *thread = NULL;
	unsigned rounds = 0;
	status_t end;

	CHECK(thread_spawn(wait_kicked, NULL, NULL, &thread) == OK);
	CHECK(thread_join(thread) == OK);
	while (sys_thread_kick(dead) == OK && rounds++ < 2000)
		sleep_ns(NS_PER_MS); /* it is joined a moment before it ends */
	end = sys_thread_kick(dead);
	CHECK(end == E_GONE || end == E_HANDLE);
	(void)sys_handle_close(dead);
}

/* --- a pager is asked in the middle of a system call, which is made again when it has answered --- */

#define PAGED 8ul /* pages; the last one cannot be had */

static handle_t pager_endpoint, pager_reply, paged;
static unsigned pages_asked;

static bool supply_page(uint64_t offset)
{
	handle_t source = HANDLE_NONE;
	uint64_t content = offset + 1;
	bool is_supplied;

	if (offset >= (PAGED - 1) * PAGE_SIZE ||
	    sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &source) != OK)
		return false;
	is_supplied = sys_memory_write(source, 8, &content, sizeof(content)) == OK &&
	              sys_memory_supply(paged, offset, source, 0, PAGE_SIZE) == OK;
	CHECK(sys_handle_close(source) == OK);
	return is_supplied;
}

static void serve_pages(void *unused)
{
	struct ipc_message m;
	bool is_good;

	(void)unused;
	while (ipc_receive(pager_endpoint, pager_reply, &m, 0) == OK &&
	       ipc_tag_op(m.tag) == IPC_OP_PAGE_REQUEST) {
		pages_asked++;
		is_good = supply_page(m.words[0]);
		m.tag = ipc_tag(is_good ? 0 : 1, 0, 0, 0);
		CHECK(ipc_reply(pager_reply, &m) == OK);
	}
	m.tag = ipc_tag(0, 0, 0, 0);
	CHECK(ipc_reply(pager_reply, &m) == OK);
}

/* Out of a space; then through an address of our own, where the kernel itself meets the absent page. */
static void read_paged(handle_t space, const char *own)
{
	handle_t memory = HANDLE_NONE;
	uint64_t got = 0, done = 0;

	CHECK(sys_space_copy(space, 0x400000 + 2 * PAGE_SIZE + 8, &got, 8, 0, &done) == OK);
	CHECK(done == 8 && got == 2 * PAGE_SIZE + 1 && pages_asked == 1);
	CHECK(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &memory) == OK);
	CHECK(sys_memory_write(memory, 0, own + 3 * PAGE_SIZE + 8, 8) == OK && pages_asked == 2);
	CHECK(sys_memory_read(memory, 0, &got, 8) == OK && got == 3 * PAGE_SIZE + 1);
	CHECK(sys_memory_read(paged, 4 * PAGE_SIZE + 8, &got, 8) == E_AGAIN && pages_asked == 2);
	CHECK(sys_memory_read(paged, 2 * PAGE_SIZE + 8, &got, 8) == OK && pages_asked == 2);
	CHECK(got == 2 * PAGE_SIZE + 1);
	done = 0;
	CHECK(sys_space_copy(space, 0x400000 + (PAGED - 1) * PAGE_SIZE, &got, 8, 0, &done) ==
	      E_FAULT);
	CHECK(done == 0 && pages_asked == 3);
	CHECK(sys_memory_write(memory, 0, own + (PAGED - 1) * PAGE_SIZE, 8) == E_FAULT);
	CHECK(pages_asked == 4 && sys_handle_close(memory) == OK);
}

static void test_paged_calls(void)
{
	struct ipc_message m = {.tag = ipc_tag(1, 0, 0, 0)};
	struct anon_thread *thread = NULL;
	handle_t space = HANDLE_NONE;
	void *own = NULL;

	CHECK(sys_endpoint_create(&pager_endpoint) == OK && sys_reply_create(&pager_reply) == OK);
	CHECK(sys_memory_create_paged(pager_endpoint, HANDLE_NONE, PAGED * PAGE_SIZE, &paged) ==
	      OK);
	CHECK(sys_space_create(HANDLE_NONE, 0, &space) == OK);
	CHECK(map(space, paged, 0x400000, PAGED * PAGE_SIZE, MAP_READ | MAP_FIXED) == OK);
	CHECK(memory_map(paged, 0, PAGED * PAGE_SIZE, MAP_READ, &own) == OK);
	CHECK(thread_spawn(serve_pages, NULL, NULL, &thread) == OK);
	read_paged(space, own);
	CHECK(ipc_call(pager_endpoint, &m, deadline_in_ms(2000)) == OK &&
	      thread_join(thread) == OK);
	CHECK(memory_unmap(own, PAGED * PAGE_SIZE) == OK && sys_handle_close(space) == OK);
	CHECK(sys_handle_close(paged) == OK && sys_handle_close(pager_endpoint) == OK);
	CHECK(sys_handle_close(pager_reply) == OK);
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
	CHECK(sys_space_create(HANDLE_NONE, 0, &space) == OK);
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
	test_handles_of_another();
	test_kernel_operations();
	test_no_receiver();
	test_bad_messages();
	test_bad_handles();
	test_latched_kick();
	test_paged_calls();
	test_refused_thread();
	test_too_little_memory();
	test_resize();
	test_revoked_waits();
	test_large_transfers();
	test_large_space();
	test_large_domain();
	test_no_kernel_addresses();
	test_parking();
	test_slice_of_caller();
	test_signals();
	test_shares();
	(void)sys_domain_log(own_domain(), line,
	                     format_string(line, sizeof(line), "%u passed, %u failed", passed,
	                                   failed));
	return (int)failed;
}
