/*
 * What a pager does with its pages: what it supplies, permits, cleans and evicts, and what it may not.
 */
#include <base/string.h>
#include <microkernel/errors.h>
#include "cpu.h"
#include "endpoint.h"
#include "ktest_fixture.h"
#include "page.h"

#define PAGES 40u

/* A cache of PAGES pages, and a source with as many, each beginning with its number. */
struct cache {
	struct fixture f;
	struct memory *paged;
	struct memory *source;
};

static struct cache make_cache(void)
{
	struct cache c = {.f = fixture_create(300)};
	struct endpoint *pager = endpoint_create(c.f.domain);
	bool may_write;
	paddr_t page;

	c.paged = memory_create_paged(c.f.domain, PAGES * PAGE_SIZE, pager, 0);
	c.source = memory_create(c.f.domain, PAGES * PAGE_SIZE, 0);
	kobject_unref(&pager->obj);
	for (unsigned i = 0; i < PAGES; i++) {
		KCHECK(memory_page(c.source, i * PAGE_SIZE, true, &page, &may_write) == OK);
		*(uint8_t *)direct(page) = (uint8_t)i;
	}
	return c;
}

static void end_cache(struct cache *c)
{
	kobject_unref(&c->paged->obj);
	kobject_unref(&c->source->obj);
	fixture_destroy(&c->f);
}

/* As one call with so much budget a step; returns how many steps that took. */
static unsigned supply(struct cache *c, unsigned first, unsigned count, unsigned step)
{
	uint64_t offset = first * PAGE_SIZE;
	uint64_t done = 0;
	unsigned budget = step;
	unsigned steps = 1;

	kobject_check(&c->paged->obj);
	kobject_check(&c->source->obj);
	for (; memory_supply(c->paged, offset, c->source, offset, count * PAGE_SIZE, &done,
	                     &budget) == STATUS_MORE;
	     budget = step)
		steps++;
	KCHECK(done == count * PAGE_SIZE);
	return steps;
}

static status_t change(struct cache *c,
                       status_t (*how)(struct memory *, uint64_t, uint64_t, struct progress *,
                                       unsigned *),
                       unsigned first, unsigned count, uint64_t *out_count)
{
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	status_t status = how(c->paged, first * PAGE_SIZE, count * PAGE_SIZE, &progress, &budget);

	*out_count = progress.count;
	kobject_check(&c->paged->obj);
	return status;
}

static int content(struct cache *c, unsigned index)
{
	bool may_write = false;
	paddr_t page = memory_present_page(c->paged, index * PAGE_SIZE, &may_write);

	return page.value ? *(uint8_t *)direct(page) : -1;
}

KTEST(supplying_moves_pages_in_steps)
{
	struct cache c = make_cache();

	KCHECK(supply(&c, 0, PAGES, 7) > 3);
	KCHECK(c.paged->resident == PAGES && c.source->resident == 0);
	for (unsigned i = 0; i < PAGES; i++)
		KCHECK(content(&c, i) == (int)i);
	end_cache(&c);
}

/* What is in the cache is newer than what comes. */
KTEST(supplying_leaves_what_is_there)
{
	struct cache c = make_cache();
	uint64_t count;

	supply(&c, 3, 1, STEP_BUDGET);
	KCHECK(content(&c, 2) == -1 && content(&c, 3) == 3 && content(&c, 4) == -1);
	KCHECK(change(&c, memory_permit, 3, 1, &count) == OK);
	supply(&c, 0, PAGES, STEP_BUDGET);
	KCHECK(content(&c, 3) == 3 && c.paged->dirty == 1 && c.paged->resident == PAGES);
	end_cache(&c);
}

/* A copy of the source still shows the page. */
KTEST(a_shared_page_is_not_supplied)
{
	struct cache c = make_cache();
	struct progress copying = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;

	KCHECK(memory_create_copy(c.source, c.f.domain, PAGE_SIZE, PAGE_SIZE, &copying, &budget) ==
	       OK);
	KCHECK(memory_supply(c.paged, 0, c.source, 0, 3 * PAGE_SIZE, &done, &budget) == E_BUSY);
	KCHECK(done == PAGE_SIZE && content(&c, 0) == 0 && content(&c, 1) == -1);
	KCHECK(c.source->resident == PAGES - 1);
	kobject_unref(copying.object);
	end_cache(&c);
}

KTEST(dirty_pages_are_cleaned_and_clean_ones_evicted)
{
	struct cache c = make_cache();
	struct memory_range ranges[2];
	uint64_t count;

	supply(&c, 0, 20, STEP_BUDGET);
	KCHECK(change(&c, memory_permit, 4, 3, &count) == OK);
	KCHECK(change(&c, memory_permit, 9, 1, &count) == OK);
	KCHECK(change(&c, memory_permit, 15, 1, &count) == OK);
	KCHECK(memory_list_dirty(c.paged, 0, ranges, 2) == 2);
	KCHECK(ranges[0].offset == 4 * PAGE_SIZE && ranges[0].bytes == 3 * PAGE_SIZE);
	KCHECK(ranges[1].offset == 9 * PAGE_SIZE && ranges[1].bytes == PAGE_SIZE);
	KCHECK(memory_list_dirty(c.paged, 10 * PAGE_SIZE, ranges, 2) == 1);
	KCHECK(change(&c, memory_evict, 0, 20, &count) == OK && count == 15);
	KCHECK(c.paged->resident == 5 && content(&c, 3) == -1 && content(&c, 4) == 4);
	KCHECK(change(&c, memory_clean, 5, 5, &count) == OK && c.paged->dirty == 2);
	KCHECK(change(&c, memory_clean, 5, 5, &count) == OK && c.paged->dirty == 2);
	KCHECK(change(&c, memory_evict, 0, 20, &count) == OK && count == 3);
	KCHECK(content(&c, 4) == 4 && content(&c, 15) == 15 && c.paged->resident == 2);
	end_cache(&c);
}

#define AT (NATIVE_BASE + (1ul << 30))

static status_t write_to(struct thread *thread, uint64_t address)
{
	struct page_request request;
	uint32_t cause;

	return aspace_fault(&thread->process->aspace, address, MAP_WRITE, &request, &cause);
}

/* An instruction that adds to a word may read the page first: without end, if each read made it ask for the write anew. */
KTEST(what_was_refused_stays_so_while_the_page_is_only_read)
{
	struct cache c = make_cache();
	struct thread *thread = fixture_running(&c.f, AT - PAGE_SIZE);

	kobject_ref(&c.paged->pager->obj);
	fixture_publish(&c.f, &c.paged->pager->obj); /* somebody can answer */
	kobject_ref(&c.paged->obj);
	KCHECK(fixture_map(&c.f.process->aspace, fixture_publish(&c.f, &c.paged->obj), AT,
	                   PAGES * PAGE_SIZE, MAP_READ | MAP_WRITE) == AT);
	supply(&c, 0, 2, STEP_BUDGET);
	this_cpu()->current = thread;
	KCHECK(write_to(thread, AT) == E_AGAIN);
	thread->refused = (struct refused_page){c.paged->obj.id, 0};
	trap_fault(thread, AT, MAP_READ, false, false);
	KCHECK(write_to(thread, AT) == E_FAULT);
	KCHECK(write_to(thread, AT) == E_AGAIN);
	/* It went on elsewhere. */
	thread->refused = (struct refused_page){c.paged->obj.id, 0};
	trap_fault(thread, AT + PAGE_SIZE, MAP_READ, false, false);
	KCHECK(write_to(thread, AT) == E_AGAIN);
	this_cpu()->current = NULL;
	thread_end(thread);
	kobject_unref(&thread->obj);
	end_cache(&c);
}
