/*
 * What the kernel must refuse, said call by call; run as the first program, which holds everything there is. A refused call
 * changes nothing: in the end this process has the handles, pages and objects that it had. Prints "N passed, N failed" to
 * the kernel's log and ends the machine by its debug exit.
 */
#include <base/format.h>
#include <base/string.h>
#include <libanon/enter.h>
#include <libanon/start.h>
#include "refusals.h"

#define DEBUG_EXIT_PORT 0xf4u
#define NOWHERE (NATIVE_END - PAGE_SIZE) /* nothing is mapped there */
#define GUEST_PLACE 0x10000u             /* no address of a native program */
#define GOOD(kind) (GOOD_TAG | (kind))
#define GOOD_TAG 0x600d000000000000u
#define AT(object) ((uint64_t) & (object))
#define NO_GSI 5000u

handle_t refusals_good[GOOD_KINDS];
static unsigned passed, failed;

static void say(const char *what, const char *name, status_t got)
{
	char line[160];

	(void)sys_domain_log(start_handle(START_DOMAIN), line,
	                     format_string(line, sizeof(line), "FAIL %s: %s (%s)", name, what,
	                                   status_name(got)));
}

void refusals_check(bool is_good, const char *what, const char *name, status_t got)
{
	if (is_good) {
		passed++;
		return;
	}
	failed++;
	say(what, name, got);
}

/* --- one good handle of each kind --- */

static void make(enum refusals_kind kind, status_t status)
{
	refusals_check(status == OK, "a handle to be refused with", "set-up", status);
	refusals_check(refusals_good[kind].value != 0, "a handle is there", "set-up", kind);
}

static void make_all(void)
{
	handle_t *good = refusals_good;
	struct msi_target target;

	good[GOOD_DOMAIN] = start_handle(START_DOMAIN);
	good[GOOD_PROCESS] = start_handle(START_PROCESS);
	good[GOOD_THREAD] = start_handle(START_THREAD);
	good[GOOD_PHYSICAL] = start_handle("physical");
	good[GOOD_CONTROL] = start_handle("interrupts");
	good[GOOD_PORTS] = start_handle("ports");
	make(GOOD_MEMORY, sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &good[GOOD_MEMORY]));
	make(GOOD_FIXED,
	     sys_memory_create(HANDLE_NONE, PAGE_SIZE, MEMORY_FIXED, &good[GOOD_FIXED]));
	make(GOOD_DMA,
	     sys_memory_create_dma(good[GOOD_PHYSICAL], HANDLE_NONE, PAGE_SIZE, &good[GOOD_DMA]));
	make(GOOD_SPACE, sys_space_create(HANDLE_NONE, 0, &good[GOOD_SPACE]));
	make(GOOD_ENDPOINT, sys_endpoint_create(&good[GOOD_ENDPOINT]));
	make(GOOD_PAGED, sys_memory_create_paged(good[GOOD_ENDPOINT], HANDLE_NONE, PAGE_SIZE,
	                                         &good[GOOD_PAGED]));
	make(GOOD_EVENT, sys_event_create(&good[GOOD_EVENT]));
	make(GOOD_TIMER, sys_timer_create(good[GOOD_EVENT], 1, &good[GOOD_TIMER]));
	make(GOOD_INTERRUPT, sys_interrupt_create_msi(good[GOOD_CONTROL], good[GOOD_EVENT], 1,
	                                              &target, &good[GOOD_INTERRUPT]));
}

/* --- values --- */

static const struct domain_limits no_share = {.pages = 10, .handles = 10, .threads = 1};
static const struct domain_limits great_share = {.pages = 10, .share = 1025};
static const struct domain_limits from_later = {.pages = 10, .share = 256, .reserved = 1};
static const struct domain_limits good_limits = {.pages = 10, .share = 256};
static const struct thread_args above_us = {.entry = NATIVE_BASE, .priority = 32};
static const struct thread_args unknown_flag = {.entry = NATIVE_BASE, .flags = 2};
static const struct thread_args no_message = {.entry = NATIVE_BASE,
                                              .message = NATIVE_END - PAGE_SIZE};
static uint64_t buffer[600];

/* Mappings, each with one thing that is wrong. */
#define MAP_AT(at, more...) \
	{ \
		.flags = MAP_READ | MAP_FIXED, .address = at, .bytes = PAGE_SIZE, more \
	}
#define FREE_AT (NATIVE_END - (1ul << 30))
static const struct map_args map_empty = {.flags = MAP_READ};
static const struct map_args map_endless = {.flags = MAP_READ, .bytes = UINT64_MAX};
static const struct map_args map_flags = {.flags = 1u << 31, .bytes = PAGE_SIZE};
static const struct map_args map_clone = {.flags = MAP_CLONE_MASK, .bytes = PAGE_SIZE};
static const struct map_args map_unaligned = MAP_AT(FREE_AT + 1);
static const struct map_args map_kernel = MAP_AT(NATIVE_END);
static const struct map_args map_guest = MAP_AT(GUEST_PLACE);
static const struct map_args map_around = MAP_AT(-PAGE_SIZE);
static const struct map_args map_no_handle = MAP_AT(FREE_AT, .memory = {0x7fffff01});
static const struct map_args map_large = {.flags = MAP_READ, .bytes = NATIVE_END - NATIVE_BASE};
static const struct remap_args remap_none = {
	.address = FREE_AT, .bytes = PAGE_SIZE, .new_bytes = PAGE_SIZE};
static const struct remap_args remap_empty = {.address = FREE_AT, .bytes = PAGE_SIZE};
static const struct remap_args remap_later = {
	.address = FREE_AT, .bytes = PAGE_SIZE, .new_bytes = PAGE_SIZE, .reserved = 1};

struct refusal {
	const char *name;
	uint32_t number;
	status_t wanted;
	uint64_t args[5];
};

#define CALL(name, wanted, ...) \
	{ \
#name, SYS_##name, wanted, \
		{ \
			__VA_ARGS__ \
		} \
	}

static const struct refusal refusals[] = {
	{"no such call", 5, E_UNSUPPORTED, {0}},
	{"no such call", UINT32_MAX, E_UNSUPPORTED, {0}},
	CALL(handle_close, E_HANDLE, 0),
	CALL(handle_info, E_HANDLE, 0, AT(buffer)),
	CALL(handle_info, E_FAULT, GOOD(GOOD_EVENT), NOWHERE),

	CALL(domain_create, E_FAULT, 0, NOWHERE),
	CALL(domain_create, E_INVAL, 0, AT(no_share)),
	CALL(domain_create, E_INVAL, 0, AT(great_share)),
	CALL(domain_create, E_INVAL, 0, AT(from_later)),
	CALL(domain_info, E_FAULT, GOOD(GOOD_DOMAIN), NOWHERE),
	CALL(domain_set_limits, E_ACCESS, GOOD(GOOD_DOMAIN), AT(good_limits)),
	CALL(domain_kill, E_ACCESS, GOOD(GOOD_DOMAIN)),
	CALL(domain_log, E_FAULT, GOOD(GOOD_DOMAIN), NOWHERE, 5),
	CALL(process_create, E_FAULT, 0, NOWHERE, 5),
	CALL(process_info, E_FAULT, GOOD(GOOD_PROCESS), NOWHERE),

	CALL(thread_create, E_FAULT, GOOD(GOOD_PROCESS), NOWHERE),
	CALL(thread_create, E_ACCESS, GOOD(GOOD_PROCESS), AT(above_us)),
	CALL(thread_create, E_INVAL, GOOD(GOOD_PROCESS), AT(unknown_flag)),
	CALL(thread_create, E_FAULT, GOOD(GOOD_PROCESS), AT(no_message)),
	CALL(thread_set_priority, E_INVAL, GOOD(GOOD_THREAD), 32),
	CALL(thread_info, E_FAULT, GOOD(GOOD_THREAD), NOWHERE),

	CALL(memory_create, E_INVAL, 0, 0, 0),
	CALL(memory_create, E_INVAL, 0, UINT64_MAX, 0),
	CALL(memory_create, E_INVAL, 0, PAGE_SIZE, 2),
	CALL(memory_slice, E_TYPE, GOOD(GOOD_DMA), 0, PAGE_SIZE, 0),
	CALL(memory_slice, E_INVAL, GOOD(GOOD_PHYSICAL), 1, PAGE_SIZE, 0),
	CALL(memory_slice, E_INVAL, GOOD(GOOD_PHYSICAL), 0, 0, 0),
	CALL(memory_slice, E_INVAL, GOOD(GOOD_PHYSICAL), 0, UINT64_MAX, 0),
	CALL(memory_slice, E_INVAL, GOOD(GOOD_PHYSICAL), 0, PAGE_SIZE, 1),
	CALL(memory_slice, E_RANGE, GOOD(GOOD_PHYSICAL), 1ul << 40, PAGE_SIZE, 0),
	CALL(memory_slice, E_RANGE, GOOD(GOOD_PHYSICAL), PAGE_SIZE, 1ul << 40, 0),
	CALL(memory_create_dma, E_TYPE, GOOD(GOOD_MEMORY), 0, PAGE_SIZE),
	CALL(memory_create_dma, E_INVAL, GOOD(GOOD_PHYSICAL), 0, 0),
	CALL(memory_create_dma, E_NOMEM, GOOD(GOOD_PHYSICAL), 0, 1ul << 46),
	CALL(memory_physical, E_TYPE, GOOD(GOOD_MEMORY), 0),
	CALL(memory_physical, E_RANGE, GOOD(GOOD_DMA), PAGE_SIZE),
	CALL(memory_copy, E_INVAL, GOOD(GOOD_MEMORY), 0, 0, 0),
	CALL(memory_copy, E_INVAL, GOOD(GOOD_MEMORY), 0, 1, PAGE_SIZE),
	CALL(memory_copy, E_INVAL, GOOD(GOOD_MEMORY), 0, 0, 1),
	CALL(memory_copy, E_RANGE, GOOD(GOOD_MEMORY), 0, 0, 2 * PAGE_SIZE),
	CALL(memory_copy, E_RANGE, GOOD(GOOD_MEMORY), 0, 2 * PAGE_SIZE, PAGE_SIZE),
	CALL(memory_create_paged, E_INVAL, GOOD(GOOD_ENDPOINT), 0, UINT64_MAX),
	CALL(memory_supply, E_TYPE, GOOD(GOOD_MEMORY), 0, GOOD(GOOD_MEMORY), 0, PAGE_SIZE),
	CALL(memory_supply, E_TYPE, GOOD(GOOD_PAGED), 0, GOOD(GOOD_FIXED), 0, PAGE_SIZE),
	CALL(memory_supply, E_INVAL, GOOD(GOOD_PAGED), 1, GOOD(GOOD_MEMORY), 0, PAGE_SIZE),
	CALL(memory_supply, E_RANGE, GOOD(GOOD_PAGED), PAGE_SIZE, GOOD(GOOD_MEMORY), 0, PAGE_SIZE),
	CALL(memory_supply, E_RANGE, GOOD(GOOD_PAGED), 0, GOOD(GOOD_MEMORY), PAGE_SIZE, PAGE_SIZE),
	CALL(memory_clean, E_RANGE, GOOD(GOOD_PAGED), -PAGE_SIZE, 2 * PAGE_SIZE),
	CALL(memory_evict, E_TYPE, GOOD(GOOD_MEMORY), 0, PAGE_SIZE),
	CALL(memory_permit, E_INVAL, GOOD(GOOD_PAGED), 0, 1),
	CALL(memory_resize, E_INVAL, GOOD(GOOD_MEMORY), UINT64_MAX),
	CALL(memory_resize, E_UNSUPPORTED, GOOD(GOOD_FIXED), PAGE_SIZE),
	CALL(memory_copy, E_UNSUPPORTED, GOOD(GOOD_DMA), 0, 0, PAGE_SIZE),
	CALL(memory_read, E_RANGE, GOOD(GOOD_MEMORY), 1, AT(buffer), PAGE_SIZE),
	CALL(memory_read, E_RANGE, GOOD(GOOD_MEMORY), UINT64_MAX, AT(buffer), 2),
	CALL(memory_read, E_FAULT, GOOD(GOOD_DMA), 0, NOWHERE, 8),
	CALL(memory_write, E_RANGE, GOOD(GOOD_MEMORY), 0, AT(buffer), UINT64_MAX),
	CALL(memory_write, E_FAULT, GOOD(GOOD_DMA), 0, NOWHERE, 8),
	CALL(memory_info, E_FAULT, GOOD(GOOD_MEMORY), NOWHERE),

	CALL(map, E_FAULT, GOOD(GOOD_PROCESS), NOWHERE),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_empty)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_endless)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_flags)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_clone)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_unaligned)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_kernel)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_guest)),
	CALL(map, E_INVAL, GOOD(GOOD_PROCESS), AT(map_around)),
	CALL(map, E_INVAL, GOOD(GOOD_SPACE), AT(map_kernel)),
	CALL(map, E_HANDLE, GOOD(GOOD_PROCESS), AT(map_no_handle)),
	CALL(map, E_NOMEM, GOOD(GOOD_PROCESS), AT(map_large)),
	CALL(unmap, E_INVAL, GOOD(GOOD_PROCESS), FREE_AT + 1, PAGE_SIZE),
	CALL(unmap, E_INVAL, GOOD(GOOD_PROCESS), FREE_AT, 0),
	CALL(unmap, E_INVAL, GOOD(GOOD_PROCESS), GUEST_PLACE, PAGE_SIZE),
	CALL(unmap, E_INVAL, GOOD(GOOD_PROCESS), NATIVE_END - PAGE_SIZE, 2 * PAGE_SIZE),
	CALL(protect, E_NOENT, GOOD(GOOD_PROCESS), FREE_AT, PAGE_SIZE, MAP_READ),
	CALL(protect, E_INVAL, GOOD(GOOD_PROCESS), GUEST_PLACE, PAGE_SIZE, MAP_READ),
	CALL(discard, E_INVAL, GOOD(GOOD_PROCESS), FREE_AT + 1, PAGE_SIZE),
	CALL(remap, E_NOENT, GOOD(GOOD_PROCESS), AT(remap_none)),
	CALL(remap, E_INVAL, GOOD(GOOD_PROCESS), AT(remap_empty)),
	CALL(remap, E_INVAL, GOOD(GOOD_PROCESS), AT(remap_later)),
	CALL(space_copy, E_FAULT, GOOD(GOOD_SPACE), GUEST_PLACE, AT(buffer), 8, 0),
	CALL(protect, E_INVAL, GOOD(GOOD_PROCESS), NATIVE_BASE, PAGE_SIZE, 8),
	CALL(remap, E_FAULT, GOOD(GOOD_SPACE), NOWHERE),
	CALL(query, E_NOENT, GOOD(GOOD_SPACE), 0, AT(buffer)),
	CALL(query, E_FAULT, GOOD(GOOD_PROCESS), 0, NOWHERE),
	CALL(space_bind, E_INVAL, GOOD(GOOD_SPACE)),
	CALL(space_create, E_INVAL, 0, SPACE_SHARED_ROOT << 1),
	CALL(space_create, E_INVAL, 0, 1ul << 32),

	CALL(event_wait, E_TIMEOUT, GOOD(GOOD_EVENT), 1, 1),
	CALL(timer_set, E_INVAL, GOOD(GOOD_TIMER), 1, UINT64_MAX),
	CALL(word_wait, E_INVAL, 0, AT(buffer) + 1, 0, 1, 0),
	CALL(word_wait, E_FAULT, 0, NOWHERE, 0, 1, 0),
	CALL(word_wait, E_FAULT, 0, GUEST_PLACE, 0, 1, 0),
	CALL(word_wait, E_AGAIN, 0, AT(good_limits), 0, 1, 0),

	CALL(interrupt_create, E_TYPE, GOOD(GOOD_INTERRUPT), 3, 0, GOOD(GOOD_EVENT), 1),
	CALL(interrupt_create, E_INVAL, GOOD(GOOD_CONTROL), 1ul << 32, 0, GOOD(GOOD_EVENT), 1),
	CALL(interrupt_create, E_INVAL, GOOD(GOOD_CONTROL), 3, 4, GOOD(GOOD_EVENT), 1),
	CALL(interrupt_create, E_INVAL, GOOD(GOOD_CONTROL), NO_GSI, 0, GOOD(GOOD_EVENT), 1),
	CALL(interrupt_create_msi, E_FAULT, GOOD(GOOD_CONTROL), GOOD(GOOD_EVENT), 1, NOWHERE),
	CALL(interrupt_ack, E_INVAL, GOOD(GOOD_CONTROL)),
	CALL(ioport_slice, E_RANGE, GOOD(GOOD_PORTS), 0x80, 0),
	CALL(ioport_slice, E_RANGE, GOOD(GOOD_PORTS), 0xffff, 2),
	CALL(ioport_slice, E_RANGE, GOOD(GOOD_PORTS), UINT64_MAX, 2),
	CALL(ioport_in, E_INVAL, GOOD(GOOD_PORTS), 0x80, 3),
	CALL(ioport_in, E_RANGE, GOOD(GOOD_PORTS), 0xfffe, 4),
	CALL(ioport_out, E_RANGE, GOOD(GOOD_PORTS), UINT64_MAX, 1, 0),
	CALL(ioport_out_buffer, E_RANGE, GOOD(GOOD_PORTS), 0x80, AT(buffer), 4097),
	CALL(ioport_out_buffer, E_FAULT, GOOD(GOOD_PORTS), 0x80, NOWHERE, 4),
	CALL(system_info, E_FAULT, NOWHERE),
};

static uint64_t resolved(uint64_t value)
{
	uint64_t kind = value ^ GOOD_TAG;

	return kind < GOOD_KINDS ? refusals_good[kind].value : value;
}

static void refuse(const struct refusal *r)
{
	uint64_t args[5];
	uint64_t result;
	status_t got;

	for (unsigned i = 0; i < 5; i++)
		args[i] = resolved(r->args[i]);
	got = sys_invoke5(r->number, args[0], args[1], args[2], args[3], args[4], &result);
	if (got != r->wanted)
		say(status_name(r->wanted), r->name, got);
	passed += got == r->wanted;
	failed += got != r->wanted;
}

/* --- limits: taken to the end, then given back --- */

static void test_depth(void)
{
	handle_t domains[64] = {HANDLE_NONE};
	struct domain_limits limits = {.pages = 100, .handles = 10, .share = 256};
	status_t status = OK;
	unsigned depth = 0;

	while (depth < 63 && status == OK) {
		status = sys_domain_create(domains[depth], &limits, &domains[depth + 1]);
		depth += status == OK;
	}
	refusals_check(status == E_LIMIT && depth > 3, "nesting ends", "domain_create", status);
	status = sys_domain_kill(domains[1]);
	refusals_check(status == OK, "all of it ends", "domain_kill", status);
}

/* Who holds no more than the right to write to memory of a pager does not choose its size. */
static void test_paged_size(void)
{
	handle_t writer = HANDLE_NONE;
	status_t status;

	(void)sys_handle_derive(refusals_good[GOOD_PAGED], RIGHT_WRITE, 0, &writer);
	status = sys_memory_resize(writer, 0);
	refusals_check(status == E_ACCESS, "only its pager", "memory_resize", status);
	(void)sys_handle_close(writer);
}

static void test_dead_process(void)
{
	struct map_args args = {.flags = MAP_READ, .bytes = PAGE_SIZE};
	struct thread_args thread_args = {.entry = NATIVE_BASE, .message = NATIVE_BASE};
	handle_t process = HANDLE_NONE, made = HANDLE_NONE;
	uint64_t at;
	status_t status = sys_process_create(HANDLE_NONE, "dead", 4, &process);

	refusals_check(status == OK, "a process to end", "process_create", status);
	status = sys_process_kill(process, 0);
	refusals_check(status == OK, "ends", "process_kill", status);
	status = sys_thread_create(process, &thread_args, &made);
	refusals_check(status == E_GONE, "it has ended", "thread_create", status);
	status = sys_handle_install(process, refusals_good[GOOD_EVENT], RIGHT_WAIT, 0, &made);
	refusals_check(status == E_GONE, "it has ended", "handle_install", status);
	status = sys_map(process, &args, &at);
	refusals_check(status == E_GONE, "it has ended", "map", status);
	(void)sys_handle_close(process);
}

/* What was derived from a handle goes on when that is closed, also when it is too much for a step. */
static void test_many_children(void)
{
	static handle_t children[700];
	handle_t parent = HANDLE_NONE;
	struct handle_info info;
	unsigned good = 0;

	refusals_check(sys_event_create(&parent) == OK, "an event", "event_create", OK);
	for (unsigned i = 0; i < 700; i++)
		good += sys_handle_derive(parent, RIGHT_WAIT, 0, &children[i]) == OK;
	refusals_check(good == 700, "children", "handle_derive", OK);
	refusals_check(sys_handle_close(parent) == OK, "their parent", "handle_close", OK);
	for (unsigned i = 0; i < 700; i++) {
		good -= sys_handle_info(children[i], &info) == OK && info.rights == RIGHT_WAIT;
		(void)sys_handle_close(children[i]);
	}
	refusals_check(good == 0, "children go on", "handle_close", OK);
}

static void test_lines(void)
{
	handle_t control = refusals_good[GOOD_CONTROL], event = refusals_good[GOOD_EVENT];
	handle_t first = HANDLE_NONE, second = HANDLE_NONE;
	status_t status = sys_interrupt_create(control, 5, INTERRUPT_LEVEL, event, 1, &first);

	refusals_check(status == OK, "a line", "interrupt_create", status);
	status = sys_interrupt_create(control, 5, 0, event, 1, &second);
	refusals_check(status == E_BUSY, "a line that is taken", "interrupt_create", status);
	refusals_check(sys_handle_close(first) == OK, "a line is given back", "close", OK);
	status = sys_interrupt_create(control, 5, 0, event, 1, &second);
	refusals_check(status == OK, "a line that was given back", "interrupt_create", status);
	(void)sys_handle_close(second);
}

static void test_messages(void)
{
	static handle_t messages[300];
	struct msi_target target;
	status_t status = OK;
	unsigned count = 0;

	while (count < 300 && status == OK) {
		status = sys_interrupt_create_msi(refusals_good[GOOD_CONTROL],
		                                  refusals_good[GOOD_EVENT], 1, &target,
		                                  &messages[count]);
		count += status == OK;
	}
	refusals_check(status == E_BUSY && count > 30, "messages end", "interrupt_create_msi",
	               status);
	handle_t line = HANDLE_NONE;

	status = sys_interrupt_create(refusals_good[GOOD_CONTROL], 5, 0, refusals_good[GOOD_EVENT],
	                              1, &line);
	refusals_check(status == E_BUSY, "no vector is left", "interrupt_create", status);
	while (count > 0)
		(void)sys_handle_close(messages[--count]);
}

static struct system_info machine(void)
{
	struct system_info info = {0};

	refusals_check(sys_system_info(&info) == OK, "tells", "system_info", OK);
	return info;
}

int main(void)
{
	struct system_info before, after;
	char line[60];

	make_all();
	before = machine();
	refusals_of_handles();
	for (unsigned i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		refuse(&refusals[i]);
	refusals_check(enter() == E_INVAL, "no space to enter", "enter", OK);
	test_depth();
	test_many_children();
	test_paged_size();
	test_dead_process();
	test_lines();
	test_messages();
	after = machine();
	refusals_check(after.handles == before.handles, "handles are as before", "all", OK);
	refusals_check(after.objects == before.objects, "objects are as before", "all", OK);
	(void)sys_domain_log(refusals_good[GOOD_DOMAIN], line,
	                     format_string(line, sizeof(line), "%u passed, %u failed", passed,
	                                   failed));
	(void)sys_ioport_out(refusals_good[GOOD_PORTS], DEBUG_EXIT_PORT, 4, failed ? 1 : 0);
	return (int)failed;
}
