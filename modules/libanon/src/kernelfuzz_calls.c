/*
 * One random system call. Arguments are what a hostile but knowing program would try: handles of the right type most of
 * the time, else of another type, stale or invented; addresses in the arena most of the time, else unaligned, at an
 * edge, in the kernel, nowhere; lengths from nothing to everything.
 */
#include <base/string.h>
#include <libanon/enter.h>
#include <libanon/ipc.h>
#include <libanon/time.h>
#include "kernelfuzz.h"

/* Where spaces get many private pages, so that clones have page tables to share. */
#define GUEST_HEAP 0x40000000ul
#define HEAP_PAGES 700ul

static struct fuzz_shared *shared(void)
{
	return (struct fuzz_shared *)FUZZ_SHARED;
}

static uint64_t below(struct fuzz_thread *self, uint64_t bound)
{
	return random_below(&self->random, bound);
}

static bool one_in(struct fuzz_thread *self, uint64_t n)
{
	return below(self, n) == 0;
}

/* --- values --- */

static uint64_t some_address(struct fuzz_thread *self)
{
	static const uint64_t odd[] = {0,
	                               1,
	                               0x10000,
	                               0x400000,
	                               GUEST_END - PAGE_SIZE,
	                               GUEST_END,
	                               0x800000000000,
	                               NATIVE_BASE,
	                               NATIVE_END - PAGE_SIZE,
	                               NATIVE_END,
	                               0xffff880000001000,
	                               0xffffffff80100000,
	                               UINT64_MAX - PAGE_SIZE + 1,
	                               UINT64_MAX};
	uint64_t address = FUZZ_ARENA + below(self, FUZZ_ARENA_PAGES) * PAGE_SIZE;

	switch (below(self, 24)) {
	case 0: return odd[below(self, sizeof(odd) / sizeof(odd[0]))];
	case 1: return address + below(self, PAGE_SIZE);
	case 2: return address + PAGE_SIZE - 1 - below(self, 64);
	case 3:
		return FUZZ_THREADS + below(self, FUZZ_THREADS_MAX + 1) * FUZZ_THREAD_BYTES +
		       below(self, 20) * PAGE_SIZE;
	case 4: return FUZZ_BASE + (4ul << 30) + below(self, 1 << 20) * PAGE_SIZE;
	default: return address;
	}
}

static uint64_t guest_address(struct fuzz_thread *self)
{
	if (one_in(self, 4))
		return GUEST_HEAP + below(self, 2 * HEAP_PAGES) * PAGE_SIZE;
	return one_in(self, 12)
	               ? some_address(self)
	               : 0x400000 + below(self, 64) * PAGE_SIZE + (one_in(self, 8) ? 13 : 0);
}

static uint64_t some_bytes(struct fuzz_thread *self)
{
	static const uint64_t odd[] = {0,
	                               1,
	                               7,
	                               PAGE_SIZE - 1,
	                               PAGE_SIZE + 1,
	                               1ul << 30,
	                               1ul << 41,
	                               1ul << 47,
	                               1ul << 62,
	                               UINT64_MAX - PAGE_SIZE,
	                               UINT64_MAX - 1,
	                               UINT64_MAX};

	if (one_in(self, 10))
		return odd[below(self, sizeof(odd) / sizeof(odd[0]))];
	return (1 + below(self, one_in(self, 6) ? 600 : 12)) * PAGE_SIZE;
}

static uint64_t some_offset(struct fuzz_thread *self)
{
	return one_in(self, 12) ? some_bytes(self) - (one_in(self, 2) ? 0 : 2 * PAGE_SIZE)
	                        : below(self, 24) * PAGE_SIZE;
}

static uint64_t some_deadline(struct fuzz_thread *self)
{
	if (one_in(self, 30))
		return one_in(self, 3) ? UINT64_MAX - below(self, 3) : below(self, 1000);
	return deadline_in_ns(below(self, 80) * NS_PER_US);
}

static uint64_t some_bits(struct fuzz_thread *self)
{
	return one_in(self, 6) ? random_next(&self->random) : 1ul << below(self, 6);
}

static uint32_t some_flags(struct fuzz_thread *self)
{
	static const uint32_t prots[] = {
		MAP_READ, MAP_READ | MAP_WRITE, MAP_READ | MAP_EXECUTE, MAP_PROT, 0, MAP_WRITE};
	uint32_t flags = prots[below(self, 6)];

	for (uint32_t bit = MAP_PRIVATE; bit <= MAP_CLONE_ZERO; bit <<= 1)
		flags |= one_in(self, bit == MAP_FIXED ? 2 : 5) ? bit : 0;
	return flags;
}

/* Where a structure lies that the kernel reads or fills: where it should, or somewhere. */
static void *somewhere(struct fuzz_thread *self, void *good)
{
	return one_in(self, 10) ? (void *)some_address(self) : good;
}

static uint64_t some_page(struct fuzz_thread *self)
{
	return one_in(self, 10) ? some_address(self)
	                        : FUZZ_ARENA + below(self, FUZZ_ARENA_PAGES) * PAGE_SIZE;
}

static handle_t target(struct fuzz_thread *self)
{
	return fuzz_pick(self, one_in(self, 2) ? OBJECT_SPACE : OBJECT_PROCESS);
}

static handle_t some_domain(struct fuzz_thread *self)
{
	return one_in(self, 3) ? fuzz_pick(self, OBJECT_DOMAIN) : HANDLE_NONE;
}

static handle_t anything(struct fuzz_thread *self)
{
	return fuzz_pick(self, (unsigned)(1 + below(self, FUZZ_TYPES - 1)));
}

/* The threads of a process often meet at the same one. */
static handle_t some_endpoint(struct fuzz_thread *self)
{
	for (unsigned i = 0; i < FUZZ_KNOWN && !one_in(self, 4); i++) {
		if (fuzz_known[OBJECT_ENDPOINT][i])
			return (handle_t){fuzz_known[OBJECT_ENDPOINT][i]};
	}
	return fuzz_pick(self, OBJECT_ENDPOINT);
}

static status_t made(struct fuzz_thread *self, status_t status, unsigned type, handle_t handle)
{
	if (status == OK)
		fuzz_remember(self, type, handle);
	return status;
}

/* --- families of calls; each returns what its call returned --- */

static status_t call_handle(struct fuzz_thread *self, unsigned number)
{
	handle_t from = anything(self), handle = HANDLE_NONE;
	uint32_t rights = one_in(self, 3) ? (uint32_t)random_next(&self->random) : UINT32_MAX;
	struct handle_info info;
	uint64_t found = 0;
	status_t status;

	switch (number) {
	case SYS_handle_close: return one_in(self, 2) ? sys_handle_close(from) : OK;
	case SYS_handle_derive:
		status = sys_handle_derive(from, rights, one_in(self, 4) ? some_bits(self) : 0,
		                           &handle);
		break;
	case SYS_handle_revoke: return one_in(self, 4) ? sys_handle_revoke(from) : OK;
	case SYS_handle_install:
		return sys_handle_install(fuzz_pick(self, OBJECT_PROCESS), from, rights, 0,
		                          &handle);
	case SYS_handle_next:
		status = sys_handle_next(fuzz_pick(self, OBJECT_PROCESS), below(self, 100), &found);
		handle = (handle_t){(uint32_t)found};
		break;
	case SYS_handle_take:
		status = sys_handle_take(fuzz_pick(self, OBJECT_PROCESS), from.value, rights,
		                         &handle);
		break;
	case SYS_handle_remove:
		return one_in(self, 4)
		               ? sys_handle_remove(fuzz_pick(self, OBJECT_PROCESS), from.value)
		               : OK;
	default: return sys_handle_info(from, somewhere(self, &info));
	}
	if (status == OK && sys_handle_info(handle, &info) == OK && info.type < FUZZ_TYPES)
		fuzz_remember(self, info.type, handle);
	return status;
}

static status_t call_domain(struct fuzz_thread *self, unsigned number)
{
	struct domain_limits limits = {
		.pages = one_in(self, 8) ? some_bytes(self) : 50 + below(self, 500),
		.handles = (uint32_t)below(self, 100),
		.threads = (uint32_t)below(self, 4),
		.share = (uint32_t)below(self, 300),
	};
	handle_t domain = fuzz_pick(self, OBJECT_DOMAIN), handle = HANDLE_NONE;
	struct domain_info info;

	switch (number) {
	case SYS_domain_create:
		return made(self,
		            sys_domain_create(some_domain(self), somewhere(self, &limits), &handle),
		            OBJECT_DOMAIN, handle);
	case SYS_domain_info: return sys_domain_info(domain, somewhere(self, &info));
	case SYS_domain_set_limits:
		return one_in(self, 4) ? sys_domain_set_limits(domain, somewhere(self, &limits))
		                       : OK;
	default: return one_in(self, 4) ? sys_domain_kill(domain) : OK;
	}
}

static status_t call_process(struct fuzz_thread *self, unsigned number)
{
	handle_t process = fuzz_pick(self, OBJECT_PROCESS), handle = HANDLE_NONE;
	struct process_info info;

	switch (number) {
	case SYS_process_create:
		return made(self,
		            sys_process_create(some_domain(self), somewhere(self, "fuzz"),
		                               below(self, 8), &handle),
		            OBJECT_PROCESS, handle);
	case SYS_process_info: return sys_process_info(process, somewhere(self, &info));
	case SYS_process_kill:
		return one_in(self, 10) ? sys_process_kill(process, below(self, 300)) : OK;
	case SYS_process_watch:
		return sys_process_watch(process, fuzz_pick(self, OBJECT_EVENT), some_bits(self));
	default: return one_in(self, 300) ? sys_process_exit(1) : OK;
	}
}

static status_t create_thread(struct fuzz_thread *self)
{
	uint64_t area = FUZZ_THREADS + below(self, FUZZ_THREADS_MAX) * FUZZ_THREAD_BYTES;
	struct thread_args args = {
		.entry = one_in(self, 3) ? some_address(self) : (uint64_t)fuzz_child,
		.stack = area + FUZZ_STACK_BYTES - 64 - 8 * below(self, 16) * PAGE_SIZE / 8,
		.argument = random_next(&self->random) << 8 | FUZZ_THREADS_MAX,
		.message = one_in(self, 3) ? some_page(self) : area + FUZZ_STACK_BYTES,
		.state = one_in(self, 3) ? 0 : area + FUZZ_STACK_BYTES + PAGE_SIZE,
		.priority = (uint32_t)below(self, 10),
		.flags = (uint32_t)below(self, 3),
	};
	handle_t handle = HANDLE_NONE;

	return made(self,
	            sys_thread_create(fuzz_pick(self, OBJECT_PROCESS), somewhere(self, &args),
	                              &handle),
	            OBJECT_THREAD, handle);
}

static status_t call_thread(struct fuzz_thread *self, unsigned number)
{
	handle_t thread = fuzz_pick(self, OBJECT_THREAD);
	struct thread_info info;

	switch (number) {
	case SYS_thread_create: return one_in(self, 3) ? create_thread(self) : OK;
	case SYS_thread_start: return one_in(self, 3) ? sys_thread_start(thread) : OK;
	case SYS_thread_kill: return one_in(self, 12) ? sys_thread_kill(thread) : OK;
	case SYS_thread_exit: return one_in(self, 200) ? sys_thread_exit() : OK;
	case SYS_thread_set_priority: return sys_thread_set_priority(thread, below(self, 12));
	case SYS_thread_bind_event:
		return sys_thread_bind_event(thread, fuzz_pick(self, OBJECT_EVENT));
	case SYS_thread_yield: return sys_thread_yield();
	case SYS_thread_sleep: return sys_thread_sleep(deadline_in_ns(below(self, 40) * NS_PER_US));
	case SYS_thread_kick: return sys_thread_kick(thread);
	case SYS_thread_park: return sys_thread_park(deadline_in_ns(below(self, 40) * NS_PER_US));
	case SYS_thread_unpark: return sys_thread_unpark(thread);
	default: return sys_thread_info(thread, somewhere(self, &info));
	}
}

static status_t call_memory(struct fuzz_thread *self, unsigned number)
{
	handle_t memory = fuzz_pick(self, OBJECT_MEMORY), handle = HANDLE_NONE;
	uint64_t offset = some_offset(self), bytes = some_bytes(self), value = 0;
	struct memory_range ranges[4];
	struct memory_info info;

	switch (number) {
	case SYS_memory_create:
		return made(self,
		            sys_memory_create(some_domain(self), bytes, below(self, 3), &handle),
		            OBJECT_MEMORY, handle);
	case SYS_memory_copy:
		return made(self,
		            sys_memory_copy(memory, some_domain(self), offset, bytes, &handle),
		            OBJECT_MEMORY, handle);
	case SYS_memory_create_paged:
		return made(self,
		            sys_memory_create_paged(some_endpoint(self), some_domain(self), bytes,
		                                    &handle),
		            OBJECT_MEMORY, handle);
	case SYS_memory_supply:
		return sys_memory_supply(memory, offset, fuzz_pick(self, OBJECT_MEMORY),
		                         some_offset(self), bytes);
	case SYS_memory_dirty:
		return sys_memory_dirty(memory, offset, somewhere(self, ranges), below(self, 5),
		                        &value);
	case SYS_memory_clean: return sys_memory_clean(memory, offset, bytes);
	case SYS_memory_evict: return sys_memory_evict(memory, offset, bytes, &value);
	case SYS_memory_populate: return sys_memory_populate(memory, offset, bytes);
	case SYS_memory_permit: return sys_memory_permit(memory, offset, bytes);
	case SYS_memory_resize:
		return sys_memory_resize(memory,
		                         one_in(self, 3) ? bytes : below(self, 30) * PAGE_SIZE);
	case SYS_memory_read:
		return sys_memory_read(memory, offset, (void *)some_page(self), bytes);
	case SYS_memory_write:
		return sys_memory_write(memory, offset, (void *)some_page(self), bytes);
	case SYS_memory_info: return sys_memory_info(memory, somewhere(self, &info));
	case SYS_memory_physical: return sys_memory_physical(memory, offset, &value);
	case SYS_memory_slice:
		return sys_memory_slice(memory, offset, bytes, below(self, 8), &handle);
	default: return sys_memory_create_dma(memory, some_domain(self), bytes, &handle);
	}
}

static status_t call_map(struct fuzz_thread *self, unsigned number)
{
	handle_t into = target(self);
	uint64_t address = one_in(self, 2) ? some_page(self) : guest_address(self), value = 0;
	struct map_args map = {
		.memory = one_in(self, 3) ? HANDLE_NONE : fuzz_pick(self, OBJECT_MEMORY),
		.flags = some_flags(self),
		.offset = some_offset(self),
		.address = one_in(self, 6) ? 0 : address,
		.bytes = some_bytes(self),
		.cookie = 7,
	};
	struct remap_args remap = {
		.address = address,
		.bytes = some_bytes(self),
		.new_address = one_in(self, 2)
	                               ? 0
	                               : (one_in(self, 2) ? some_page(self) : guest_address(self)),
		.new_bytes = some_bytes(self),
		.may_move = (uint32_t)below(self, 2),
	};
	struct map_info info;

	switch (number) {
	case SYS_map: return sys_map(into, somewhere(self, &map), &value);
	case SYS_unmap: return sys_unmap(into, address, some_bytes(self));
	case SYS_protect:
		return sys_protect(into, address, some_bytes(self),
		                   one_in(self, 10) ? some_flags(self) : below(self, 8));
	case SYS_query: return sys_query(into, address, somewhere(self, &info), &value);
	case SYS_discard: return sys_discard(into, address, some_bytes(self));
	default: return sys_remap(into, somewhere(self, &remap), &value);
	}
}

static void fill_state(struct fuzz_thread *self, struct guest_state *state)
{
	uint64_t *words = (uint64_t *)state;

	for (unsigned i = 0; i < sizeof(*state) / 8; i++)
		words[i] = one_in(self, 3) ? random_next(&self->random) : guest_address(self);
	state->regs.rip = one_in(self, 10) ? some_address(self)
	                                   : guest_address(self) & ~(PAGE_SIZE - 1);
	state->regs.rflags = one_in(self, 8) ? random_next(&self->random) : 0x202;
	if (!one_in(self, 8))
		state->regs.fs_base = state->regs.gs_base = 0;
	state->fixup = 0;
	if (one_in(self, 4)) { /* perhaps a call that the kernel settles */
		state->regs.rax = below(self, 3);
		state->regs.rsi = below(self, 5);
		state->regs.rdx = below(self, 2);
		state->regs.r10 = 0;
	}
}

static status_t settle_call(struct fuzz_thread *self, handle_t space)
{
	struct word_call call = {(uint32_t)below(self, 3), 1, 2, 3, 4};

	return sys_space_settle(space, somewhere(self, &call));
}

static status_t call_enter(struct fuzz_thread *self)
{
	struct guest_state *state = (struct guest_state *)(FUZZ_THREADS +
	                                                   self->number * FUZZ_THREAD_BYTES +
	                                                   FUZZ_STACK_BYTES + PAGE_SIZE);

	if (self->number < FUZZ_THREADS_MAX && !one_in(self, 6))
		fill_state(self, state);
	return enter();
}

/* Every page of a mapping is written to. */
static void make_heap(struct fuzz_thread *self, handle_t space)
{
	uint64_t bytes = (40 + below(self, HEAP_PAGES)) * PAGE_SIZE;
	struct map_args map = {
		.flags = MAP_READ | MAP_WRITE | MAP_PRIVATE | MAP_FIXED,
		.address = GUEST_HEAP + below(self, HEAP_PAGES) * PAGE_SIZE,
		.bytes = bytes,
	};
	status_t status = sys_map(space, &map, &map.address);

	for (uint64_t at = 0; at < bytes && status == OK; at += PAGE_SIZE) {
		uint64_t word = at, done;

		status = sys_space_copy(space, map.address + at, &word, sizeof(word), 1, &done);
	}
}

static uint64_t some_space_flags(struct fuzz_thread *self)
{
	if (one_in(self, 10))
		return random_next(&self->random);
	return one_in(self, 3) ? SPACE_SHARED_ROOT : 0;
}

static status_t call_space(struct fuzz_thread *self, unsigned number)
{
	handle_t space = fuzz_pick(self, OBJECT_SPACE), handle = HANDLE_NONE;
	uint64_t value = 0;

	switch (number) {
	case SYS_space_create:
		return made(self,
		            sys_space_create(some_domain(self), some_space_flags(self), &handle),
		            OBJECT_SPACE, handle);
	case SYS_space_clone:
		if (one_in(self, 3))
			make_heap(self, space);
		return made(self, sys_space_clone(space, some_domain(self), &handle), OBJECT_SPACE,
		            handle);
	case SYS_space_bind: return sys_space_bind(one_in(self, 10) ? HANDLE_NONE : space);
	case SYS_space_copy:
		return sys_space_copy(space, guest_address(self), (void *)some_page(self),
		                      some_bytes(self), below(self, 2), &value);
	case SYS_space_settle: return settle_call(self, space);
	default: return call_enter(self);
	}
}

static status_t call_event(struct fuzz_thread *self, unsigned number)
{
	handle_t event = fuzz_pick(self, OBJECT_EVENT), handle = HANDLE_NONE;
	uint64_t value = 0;

	switch (number) {
	case SYS_endpoint_create:
		return made(self, sys_endpoint_create(&handle), OBJECT_ENDPOINT, handle);
	case SYS_reply_create: return made(self, sys_reply_create(&handle), OBJECT_REPLY, handle);
	case SYS_event_create: return made(self, sys_event_create(&handle), OBJECT_EVENT, handle);
	case SYS_event_signal: return sys_event_signal(event, some_bits(self));
	case SYS_event_wait:
		return sys_event_wait(event, some_bits(self), some_deadline(self), &value);
	case SYS_event_poll: return sys_event_poll(event, some_bits(self), &value);
	case SYS_timer_create:
		return made(self, sys_timer_create(event, some_bits(self), &handle), OBJECT_TIMER,
		            handle);
	case SYS_timer_set:
		return sys_timer_set(fuzz_pick(self, OBJECT_TIMER), some_deadline(self),
		                     one_in(self, 4) ? random_next(&self->random) >> below(self, 50)
		                                     : 0);
	default: return sys_clock_now(&value);
	}
}

static status_t call_word(struct fuzz_thread *self, unsigned number)
{
	handle_t space = one_in(self, 2) ? HANDLE_NONE : fuzz_pick(self, OBJECT_SPACE);
	uint64_t address = handle_is_none(space) ? some_address(self) & ~3ull : guest_address(self),
		 value = 0;

	switch (number) {
	case SYS_word_wait:
		return sys_word_wait(space, address, below(self, 2), some_deadline(self),
		                     some_bits(self));
	case SYS_word_wake:
		return sys_word_wake(space, address, below(self, 4), below(self, 3), &value);
	default:
		return sys_word_requeue(space, address, below(self, 2), below(self, 3),
		                        guest_address(self), &value);
	}
}

/* A message: some bytes and handles, now and then of impossible number. */
static void fill_message(struct fuzz_thread *self, struct ipc_message *m)
{
	uint32_t bytes = (uint32_t)(one_in(self, 3) ? below(self, IPC_BYTES_MAX + 10) : 0);
	uint32_t handles = (uint32_t)(one_in(self, 3) ? below(self, 6) : 0);

	for (unsigned i = 0; i < IPC_WORDS; i++)
		m->words[i] = random_next(&self->random);
	m->tag = ipc_tag(one_in(self, 20) ? IPC_OP_PAGE_REQUEST : (uint32_t)below(self, 4), bytes,
	                 handles, (uint32_t)(handles ? below(self, 16) : 0));
	for (unsigned i = 0; i < IPC_HANDLES_MAX; i++)
		ipc_put_handle(m, i, anything(self));
	if (one_in(self, 50))
		m->tag = random_next(&self->random);
}

/* Handles that came are known to the process from now on. */
static void take_handles(struct fuzz_thread *self, const struct ipc_message *m)
{
	struct handle_info info;

	for (unsigned i = 0; i < ipc_tag_handles(m->tag); i++) {
		handle_t handle = ipc_get_handle(m, i);

		if (sys_handle_info(handle, &info) == OK && info.type < FUZZ_TYPES)
			fuzz_remember(self, info.type, handle);
	}
}

static status_t call_ipc(struct fuzz_thread *self, unsigned number)
{
	handle_t endpoint = some_endpoint(self), reply = fuzz_pick(self, OBJECT_REPLY);
	uint64_t deadline = deadline_in_ns(below(self, 80) * NS_PER_US);
	struct ipc_message m;
	status_t status;

	fill_message(self, &m);
	if (number == SYS_ipc_call)
		status = ipc_call(endpoint, &m, deadline);
	else if (number == SYS_ipc_receive)
		status = ipc_receive(endpoint, reply, &m, deadline);
	else if (number == SYS_ipc_reply)
		return ipc_reply(reply, &m);
	else
		status = ipc_reply_receive(endpoint, reply, &m, deadline);
	if (status == OK)
		take_handles(self, &m);
	return status;
}

/* One that asks for pages and never minds what it answers. */
void fuzz_pager_turn(struct fuzz_thread *self)
{
	handle_t endpoint = some_endpoint(self), reply = fuzz_pick(self, OBJECT_REPLY);
	handle_t paged = fuzz_pick(self, OBJECT_MEMORY);
	struct ipc_message m;

	if (ipc_receive(endpoint, reply, &m, deadline_in_ns(50 * NS_PER_US)) != OK)
		return;
	if (ipc_tag_op(m.tag) == IPC_OP_PAGE_REQUEST && !one_in(self, 6)) {
		(void)sys_memory_supply(paged, m.words[0], fuzz_pick(self, OBJECT_MEMORY),
		                        below(self, 8) * PAGE_SIZE, PAGE_SIZE);
		(void)sys_memory_permit(paged, m.words[0], PAGE_SIZE);
	}
	if (one_in(self, 12))
		(void)sys_handle_close(reply);
	m.tag = ipc_tag(one_in(self, 4) ? (uint32_t)below(self, 3) : 0, 0, 0, 0);
	(void)ipc_reply(reply, &m);
}

/* --- choosing --- */

static const struct family {
	uint8_t first, last, weight;
	status_t (*call)(struct fuzz_thread *self, unsigned number);
} families[] = {
	{SYS_ipc_call, SYS_ipc_reply_receive, 12, call_ipc},
	{SYS_enter, SYS_enter, 8, call_space},
	{SYS_handle_close, SYS_handle_remove, 12, call_handle},
	{SYS_domain_create, SYS_domain_kill, 3, call_domain},
	{SYS_process_create, SYS_process_exit, 4, call_process},
	{SYS_thread_create, SYS_thread_unpark, 12, call_thread},
	{SYS_memory_create, SYS_memory_populate, 19, call_memory},
	{SYS_map, SYS_remap, 24, call_map},
	{SYS_space_create, SYS_space_settle, 8, call_space},
	{SYS_endpoint_create, SYS_reply_create, 3, call_event},
	{SYS_event_create, SYS_event_poll, 8, call_event},
	{SYS_timer_create, SYS_timer_set, 4, call_event},
	{SYS_word_wait, SYS_word_requeue, 6, call_word},
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static const struct family *some_family(struct fuzz_thread *self)
{
	unsigned sum = 0, at = 0, chosen;

	for (unsigned i = 0; i < FAMILIES; i++)
		sum += families[i].weight;
	chosen = (unsigned)below(self, sum);
	while (chosen >= families[at].weight)
		chosen -= families[at++].weight;
	return &families[at];
}

/* Also what is no system call: reading and writing the arena, wherever it is mapped to by now. */
static void touch(struct fuzz_thread *self)
{
	volatile uint8_t *byte = (volatile uint8_t *)(FUZZ_ARENA +
	                                              below(self, FUZZ_ARENA_PAGES * PAGE_SIZE));

	if (one_in(self, 40))
		byte = (volatile uint8_t *)guest_address(self);
	if (one_in(self, 2))
		*byte = (uint8_t)below(self, 256);
	else
		(void)*byte;
}

void fuzz_one_call(struct fuzz_thread *self)
{
	const struct family *family = some_family(self);
	unsigned number = (unsigned)(family->first +
	                             below(self, family->last - family->first + 1u));
	status_t status = family->call(self, number);

	__atomic_fetch_add(&shared()->calls, 1, __ATOMIC_RELAXED);
	if (status == OK) {
		__atomic_fetch_add(&shared()->ok, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&shared()->by_number[number], 1, __ATOMIC_RELAXED);
	}
	if (one_in(self, 60))
		touch(self);
}
