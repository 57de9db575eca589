/*
 * Memory that runs out midway. Each operation is tried with a domain that has no page left, then one, then two, until it
 * succeeds: before that it is refused for want of memory and nothing else, it keeps nothing (the runner counts), and the
 * domain's books agree. And once the whole machine has no frame left.
 */
#include <base/bits.h>
#include <microkernel/errors.h>
#include "endpoint.h"
#include "interrupt.h"
#include "ioport.h"
#include "kalloc.h"
#include "elf.h"
#include "ktest_fixture.h"
#include "page.h"
#include "sanitize.h"
#include "printk.h"
#include "reply.h"
#include "space.h"
#include "thread.h"
#include "timer.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)
#define SHARED_AT (1ul << 22)
#define PAGES_MAX 40u
#define FILLER_BYTES 64u

/* What an operation works on: `poor` may pay for little, `rich` owns what must be there before. */
struct scarcity {
	struct fixture poor;
	struct fixture rich;
	struct handle_entry *event;
	struct memory *memory;  /* of rich: a page */
	struct memory *own;     /* of poor: a page that it shares with a copy */
	struct memory *paged;   /* of poor */
	struct space *space;    /* of poor: 40 private pages and one more, elsewhere */
	struct kobject *copied; /* that copy */
	struct kobject *cloned; /* of space: they share a page table */
	struct kobject *made;
	struct progress progress;
	void *filler;
};

static status_t keep(struct scarcity *s, void *whole, struct kobject *object)
{
	if (whole)
		s->made = object;
	return whole ? OK : E_NOMEM;
}
#define KEEP(s, object) keep(s, object, (object) ? &(object)->obj : NULL)

/* --- operations --- */

static status_t make_domain(struct scarcity *s)
{
	struct domain_limits limits = {.pages = 10, .share = 256};
	struct domain *domain = domain_create(s->poor.domain, &limits);

	return KEEP(s, domain);
}

static status_t make_process(struct scarcity *s)
{
	struct process *process;
	status_t status = process_create(s->poor.domain, "poor", &process);

	return status == OK ? KEEP(s, process) : status;
}

static status_t make_space(struct scarcity *s)
{
	struct space *space;
	status_t status = space_create(s->poor.domain, 0, &space);

	return status == OK ? KEEP(s, space) : status;
}

static status_t make_thread(struct scarcity *s)
{
	struct thread_args args = {.entry = NATIVE_BASE, .message = AT, .flags = THREAD_FPU};
	struct thread *thread;
	status_t status = thread_create(s->poor.process, &args, &thread);

	return status == OK ? KEEP(s, thread) : status;
}

static status_t make_endpoint(struct scarcity *s)
{
	struct endpoint *endpoint = endpoint_create(s->poor.domain);

	return KEEP(s, endpoint);
}

static status_t make_reply(struct scarcity *s)
{
	struct reply *reply = reply_create(s->poor.domain);

	return KEEP(s, reply);
}

static status_t make_event(struct scarcity *s)
{
	struct event *event = event_create(s->poor.domain);

	return KEEP(s, event);
}

static status_t make_timer(struct scarcity *s)
{
	struct timer *timer;
	status_t status = timer_create(s->poor.domain, s->event, 1, &timer);

	return status == OK ? KEEP(s, timer) : status;
}

static status_t make_interrupt(struct scarcity *s)
{
	struct interrupt *interrupt;
	struct msi_target target;
	status_t status = interrupt_create_msi(s->poor.domain, s->event, 1, &target, &interrupt);

	return status == OK ? KEEP(s, interrupt) : status;
}

static status_t make_line(struct scarcity *s)
{
	struct interrupt *interrupt;
	status_t status = interrupt_create_gsi(s->poor.domain, 5, 0, s->event, 1, &interrupt);

	return status == OK ? KEEP(s, interrupt) : status;
}

static status_t make_ports(struct scarcity *s)
{
	struct ioport *ports = ioport_create(s->poor.domain, 0, 1);

	return KEEP(s, ports);
}

static status_t make_dma(struct scarcity *s)
{
	struct memory *memory = memory_create_dma(s->poor.domain, 2 * PAGE_SIZE);

	return KEEP(s, memory);
}

static status_t make_copy(struct scarcity *s)
{
	unsigned budget = STEP_BUDGET;

	return memory_create_copy(s->memory, s->poor.domain, 0, PAGE_SIZE, &s->progress, &budget);
}

static status_t make_clone(struct scarcity *s)
{
	unsigned budget = STEP_BUDGET;

	return space_clone(s->space, s->poor.domain, &s->progress, &budget);
}

static status_t watch(struct scarcity *s)
{
	handle_t handle = HANDLE_NONE;
	status_t status = handle_derive_into(s->poor.process, s->event, ~0u, 0, &handle);

	KCHECK(status == OK);
	status = process_watch(s->poor.process, handle_find(s->poor.process, handle), 1);
	handle_close(handle_find(s->poor.process, handle));
	return status;
}

/* More than a chunk of the table holds. E_LIMIT is what a full table says, too. */
static status_t fill_table(struct scarcity *s)
{
	handle_t handle;

	for (unsigned i = 0; i < 150; i++)
		if (handle_derive_into(s->poor.process, s->event, ~0u, 0, &handle) != OK)
			return E_NOMEM;
	return OK;
}

static status_t publish(struct scarcity *s)
{
	handle_t handle;

	for (unsigned i = 0; i < 150; i++) {
		kobject_ref(s->event->object);
		if (handle_publish(s->poor.process, s->event->object, ~0u, &handle) != OK)
			return E_NOMEM;
	}
	return OK;
}

static status_t add_page(struct scarcity *s)
{
	bool may_write;
	paddr_t page;

	return memory_page(s->own, 1ul << 35, true, &page, &may_write);
}

static status_t unshare_page(struct scarcity *s)
{
	bool may_write;
	paddr_t page;

	return memory_page(s->own, 0, true, &page, &may_write);
}

static status_t supply(struct scarcity *s)
{
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;

	return memory_supply(s->paged, 1ul << 35, s->memory, 0, PAGE_SIZE, &done, &budget);
}

static status_t supply_nothing(struct scarcity *s)
{
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;

	return memory_supply(s->paged, 1ul << 35, s->memory, PAGE_SIZE, PAGE_SIZE, &done, &budget);
}

static status_t map_and_touch(struct scarcity *s)
{
	struct map_args args = {
		.flags = RW | MAP_FIXED, .address = AT + (1ul << 34), .bytes = PAGE_SIZE};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t at;
	paddr_t page;
	status_t status = aspace_map(&s->poor.process->aspace, &args, NULL, &progress, &budget,
	                             &at);

	return status == OK ? aspace_page(&s->poor.process->aspace, args.address, MAP_WRITE, &page)
	                    : status;
}

static status_t write_private(struct scarcity *s)
{
	paddr_t page;

	return aspace_page(&s->poor.process->aspace, AT + PAGE_SIZE, MAP_WRITE, &page);
}

static status_t poke(struct scarcity *s)
{
	return process_poke(s->poor.process, AT + 2 * PAGE_SIZE, "text", 5);
}

/* In the middle of a table that a clone shares, and of a mapping. */
static status_t unmap_shared(struct scarcity *s)
{
	unsigned budget = STEP_BUDGET;

	return aspace_unmap(&s->space->aspace, SHARED_AT + 5 * PAGE_SIZE, PAGE_SIZE, &budget);
}

static status_t protect_shared(struct scarcity *s)
{
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;

	return aspace_protect(&s->space->aspace, SHARED_AT, 7 * PAGE_SIZE, MAP_READ, &progress,
	                      &budget);
}

static const struct {
	const char *name;
	status_t (*run)(struct scarcity *);
} operations[] = {
	{"make_domain", make_domain},
	{"make_process", make_process},
	{"make_space", make_space},
	{"make_thread", make_thread},
	{"make_endpoint", make_endpoint},
	{"make_reply", make_reply},
	{"make_event", make_event},
	{"make_timer", make_timer},
	{"make_interrupt", make_interrupt},
	{"make_line", make_line},
	{"make_ports", make_ports},
	{"make_dma", make_dma},
	{"make_copy", make_copy},
	{"make_clone", make_clone},
	{"watch", watch},
	{"fill_table", fill_table},
	{"publish", publish},
	{"add_page", add_page},
	{"unshare_page", unshare_page},
	{"supply", supply},
	{"supply_nothing", supply_nothing},
	{"map_and_touch", map_and_touch},
	{"write_private", write_private},
	{"poke", poke},
	{"unmap_shared", unmap_shared},
	{"protect_shared", protect_shared},
};

/* --- the world around them --- */

static void touch_all(struct aspace *aspace, uint64_t at, unsigned pages)
{
	KCHECK(fixture_map(aspace, NULL, at, pages * PAGE_SIZE, RW) == at);
	for (unsigned i = 0; i < pages; i++)
		KCHECK(fixture_touch(aspace, at + i * PAGE_SIZE, MAP_WRITE));
}

/* A page of its own that it shares, so that writing to it takes another one. */
static void share_own(struct scarcity *s)
{
	struct progress copying = {0};
	unsigned budget = STEP_BUDGET;
	bool may_write;
	paddr_t page;

	s->own = memory_create(s->poor.domain, 1ul << 36, 0);
	KCHECK(memory_page(s->own, 0, true, &page, &may_write) == OK);
	KCHECK(memory_create_copy(s->own, s->poor.domain, 0, PAGE_SIZE, &copying, &budget) == OK);
	s->copied = copying.object;
}

static void share_space(struct scarcity *s)
{
	struct progress cloning = {0};
	unsigned budget = STEP_BUDGET;

	KCHECK(space_clone(s->space, s->poor.domain, &cloning, &budget) == OK);
	s->cloned = cloning.object;
}

static void make_rich(struct scarcity *s)
{
	bool may_write;
	paddr_t page;

	s->rich = fixture_create(200);
	s->event = fixture_publish(&s->rich, &event_create(s->rich.domain)->obj);
	s->memory = memory_create(s->rich.domain, 2 * PAGE_SIZE, 0);
	KCHECK(memory_page(s->memory, 0, true, &page, &may_write) == OK);
}

static void make_poor(struct scarcity *s)
{
	struct endpoint *endpoint = endpoint_create(s->rich.domain);
	struct aspace *aspace;
	struct handle_entry *seen;

	s->poor = fixture_create(400);
	aspace = &s->poor.process->aspace;
	kobject_ref(&s->memory->obj);
	seen = fixture_publish(&s->poor, &s->memory->obj);
	s->paged = memory_create_paged(s->poor.domain, 1ul << 36, endpoint, 0);
	kobject_unref(&endpoint->obj);
	share_own(s);
	KCHECK(space_create(s->poor.domain, 0, &s->space) == OK);
	touch_all(&s->space->aspace, SHARED_AT, 40);
	touch_all(&s->space->aspace, 1ul << 34, 1);
	share_space(s);
	touch_all(aspace, AT, 1);
	KCHECK(fixture_map(aspace, seen, AT + PAGE_SIZE, PAGE_SIZE, RW | MAP_PRIVATE));
	KCHECK(fixture_touch(aspace, AT + PAGE_SIZE, MAP_READ));
	KCHECK(fixture_map(aspace, NULL, AT + 2 * PAGE_SIZE, PAGE_SIZE, RW));
}

/* Leaves the domain so many pages, and not a byte of those that it has in part. */
static void leave_pages(struct scarcity *s, unsigned pages)
{
	struct domain *domain = s->poor.domain;
	struct domain_info info;
	void **block;

	domain_get_info(domain, &info);
	domain->limits.pages = info.pages_used;
	while ((block = kalloc(domain, FILLER_BYTES)) != NULL) {
		*block = s->filler;
		s->filler = block;
	}
	domain->limits.pages += pages;
}

static void let_go(struct kobject *object)
{
	if (object)
		kobject_unref(object);
}

static void take_down(struct scarcity *s)
{
	while (s->filler) {
		void *next = *(void **)s->filler;

		kfree(s->poor.domain, s->filler);
		s->filler = next;
	}
	let_go(s->made);
	let_go(s->progress.object);
	let_go(s->copied);
	let_go(s->cloned);
	let_go(&s->own->obj);
	let_go(&s->paged->obj);
	let_go(&s->space->obj);
	let_go(&s->memory->obj);
	fixture_destroy(&s->poor);
	fixture_destroy(&s->rich);
}

static bool succeeds_with(status_t (*run)(struct scarcity *), unsigned pages)
{
	struct scarcity s = {0};
	status_t status;

	make_rich(&s);
	make_poor(&s);
	leave_pages(&s, pages);
	status = run(&s);
	KCHECK(status == OK || status == E_NOMEM);
	kobject_reap_all();
	kobject_check(&s.poor.domain->obj);
	kobject_check(&s.poor.process->obj);
	take_down(&s);
	return status == OK;
}

KTEST(what_lacks_memory_midway_is_refused)
{
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		unsigned pages = 0;

		while (pages < PAGES_MAX && !succeeds_with(operations[i].run, pages))
			pages++;
		if (pages == 0 || pages == PAGES_MAX)
			printk("%s succeeds with %u pages\n", operations[i].name, pages);
		KCHECK(pages > 0 && pages < PAGES_MAX);
	}
}

/* --- the machine has no frame left --- */

static paddr_t take_all_frames(void)
{
	paddr_t list = PADDR(0);
	paddr_t page;

	while ((page = page_alloc(domain_root())).value) {
		*(uint64_t *)direct(page) = list.value;
		list = page;
	}
	return list;
}

static void give_back(paddr_t list)
{
	while (list.value) {
		paddr_t next = PADDR(*(uint64_t *)direct(list));

		page_unref(list);
		list = next;
	}
}

KTEST(the_last_frame_is_followed_by_refusals)
{
	struct domain *root = domain_root();
	uint64_t bytes = root->bytes;
	uint64_t free, pages;
	paddr_t all;

	kfree(root, kalloc(root, KALLOC_MAX)); /* leaves an empty slab, whose page counts as free */
	free = page_free_count();
	KCHECK(kalloc_spare_pages() > 0 ||
	       SANITIZE_RED_ZONE); /* the sanitizer keeps freed blocks a while */
	all = take_all_frames();
	KCHECK(page_free_count() == 0 && kalloc_spare_pages() == 0);
	pages = root->pages;
	KCHECK(!kalloc(root, KALLOC_MAX));
	KCHECK(!page_alloc_zeroed(root).value && !page_alloc_contiguous(root, 1).value);
	KCHECK(root->bytes == bytes && root->pages == pages);
	give_back(all);
	KCHECK(page_free_count() == free);
	KCHECK(!page_alloc_contiguous(root, free + 1).value && page_free_count() == free);
}
