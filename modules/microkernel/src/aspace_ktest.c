/*
 * Address spaces where careless arithmetic would leave page-table entries behind: remap, offsets, stacks, hints, and what
 * goes in steps.
 */
#include <base/string.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "ktest_fixture.h"
#include "page.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)

static void fill(struct aspace *aspace, uint64_t at, unsigned pages, uint8_t value)
{
	for (unsigned i = 0; i < pages; i++) {
		uint8_t *byte = fixture_touch(aspace, at + i * PAGE_SIZE, MAP_WRITE);

		KCHECK(byte);
		if (byte)
			*byte = value;
	}
}

static status_t remap(struct aspace *aspace, uint64_t from, uint64_t pages, uint64_t to,
                      uint64_t new_pages, unsigned step)
{
	struct remap_args args = {from, pages * PAGE_SIZE, to, new_pages * PAGE_SIZE, 1, 0};
	struct progress progress = {0};
	unsigned budget = step;
	uint64_t out = 0;
	status_t status;

	while ((status = aspace_remap(aspace, &args, &progress, &budget, &out)) == STATUS_MORE)
		budget = step;
	return status;
}

/* The pages that are cut off must not land in what lies behind the new place. */
KTEST(remap_to_a_smaller_place_leaves_neighbours_alone)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;
	uint64_t to = AT + (1ul << 25);

	fixture_map(aspace, NULL, AT, 8 * PAGE_SIZE, RW);
	fixture_map(aspace, NULL, to, 8 * PAGE_SIZE, RW);
	fill(aspace, AT, 8, 1);
	fill(aspace, to, 8, 2);
	KCHECK(remap(aspace, AT, 8, to, 2, 3) == OK);
	KCHECK(*fixture_touch(aspace, to + PAGE_SIZE, MAP_READ) == 1);
	KCHECK(*fixture_touch(aspace, to + 2 * PAGE_SIZE, MAP_READ) == 2);
	KCHECK(!fixture_touch(aspace, AT + 5 * PAGE_SIZE, MAP_READ));
	aspace_check(aspace);
	KCHECK(remap(aspace, to, 2, 0, 1, 4) == OK);
	KCHECK(!fixture_touch(aspace, to + PAGE_SIZE, MAP_READ));
	aspace_check(aspace);
	fixture_destroy(&f);
}

/* From the middle of one page table to the middle of another: each leaf finds its place. */
KTEST(remap_moves_across_page_tables)
{
	struct fixture f = fixture_create(1700);
	struct aspace *aspace = &f.process->aspace;
	uint64_t from = AT + 300 * PAGE_SIZE;
	uint64_t to = AT + (1ul << 25) + 451 * PAGE_SIZE;
	struct domain_limits limits = f.domain->limits;
	uint64_t pages;

	fixture_map(aspace, NULL, from, 1000 * PAGE_SIZE, RW);
	for (unsigned i = 0; i < 1000; i += 3)
		*(uint16_t *)fixture_touch(aspace, from + i * PAGE_SIZE, MAP_WRITE) = (uint16_t)i;
	limits.pages = f.domain->pages + 3; /* a table less than it takes */
	domain_set_limits(f.domain, &limits);
	pages = f.domain->pages;
	KCHECK(remap(aspace, from, 1000, to, 1000, STEP_BUDGET) == E_NOMEM);
	KCHECK(f.domain->pages == pages);
	aspace_check(aspace);
	KCHECK(*(uint16_t *)fixture_touch(aspace, from + 999 * PAGE_SIZE, MAP_READ) == 999);
	limits.pages = 1700;
	domain_set_limits(f.domain, &limits);
	KCHECK(remap(aspace, from, 1000, to, 1000, STEP_BUDGET) == OK);
	aspace_check(aspace);
	KCHECK(aspace->pt.resident == 334 && !fixture_touch(aspace, from, MAP_READ));
	for (unsigned i = 0; i < 1000; i += 3)
		KCHECK(*(uint16_t *)fixture_touch(aspace, to + i * PAGE_SIZE, MAP_READ) == i);
	fixture_destroy(&f);
}

/* Many mappings are looked at in steps, and nothing changes before all of them have been. */
KTEST(protecting_many_mappings_goes_in_steps)
{
	struct fixture f = fixture_create(400);
	struct aspace *aspace = &f.process->aspace;
	struct progress progress = {0};
	unsigned budget = 30;
	unsigned steps = 0;

	for (unsigned i = 0; i < 100; i++)
		fixture_map(aspace, NULL, AT + i * PAGE_SIZE, PAGE_SIZE, RW);
	fill(aspace, AT, 100, 1);
	for (; aspace_protect(aspace, AT, 100 * PAGE_SIZE, MAP_READ, &progress, &budget) ==
	       STATUS_MORE;
	     budget = 30) {
		aspace_check(aspace);
		KCHECK(steps > 1 || fixture_touch(aspace, AT, MAP_WRITE));
		steps++;
	}
	KCHECK(steps >= 300 / 30 - 1);
	for (unsigned i = 0; i < 100; i++)
		KCHECK(!fixture_touch(aspace, AT + i * PAGE_SIZE, MAP_WRITE));
	progress = (struct progress){0};
	budget = STEP_BUDGET;
	KCHECK(aspace_unmap(aspace, AT + 98 * PAGE_SIZE, PAGE_SIZE, &budget) == OK);
	KCHECK(aspace_protect(aspace, AT, 100 * PAGE_SIZE, RW, &progress, &budget) == E_NOENT);
	KCHECK(!fixture_touch(aspace, AT, MAP_WRITE));
	fixture_destroy(&f);
}

KTEST(remap_over_itself_is_refused)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;

	fixture_map(aspace, NULL, AT, 8 * PAGE_SIZE, RW);
	fill(aspace, AT, 8, 1);
	KCHECK(remap(aspace, AT, 4, AT + 2 * PAGE_SIZE, 4, 9) == E_INVAL);
	KCHECK(remap(aspace, AT, 4, AT + 3 * PAGE_SIZE, 1, 9) == E_INVAL);
	KCHECK(remap(aspace, AT, 8, AT + 7 * PAGE_SIZE, 2, 9) == E_INVAL);
	aspace_check(aspace);
	fixture_destroy(&f);
}

/* The reverse map finds an entry by its offset; one that wrapped would not be found, and outlive its page. */
KTEST(offsets_never_wrap)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;
	struct handle_entry *memory = fixture_publish(
		&f, &memory_create(f.domain, 4 * PAGE_SIZE, 0)->obj);
	struct map_args args = {.flags = RW | MAP_FIXED,
	                        .address = AT,
	                        .bytes = PAGE_SIZE,
	                        .offset = 0 - 2 * PAGE_SIZE};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t out;

	KCHECK(aspace_map(aspace, &args, memory, &progress, &budget, &out) == E_INVAL);
	fixture_destroy(&f);
}

/* Growing at the front would shift all its offsets. */
KTEST(only_memory_without_an_object_grows_downwards)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;
	struct memory *memory = memory_create(f.domain, 8 * PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	unsigned budget = STEP_BUDGET;

	KCHECK(!fixture_map(aspace, entry, AT, 4 * PAGE_SIZE, RW | MAP_GROWSDOWN));
	KCHECK(fixture_map(aspace, NULL, AT, 4 * PAGE_SIZE, RW | MAP_GROWSDOWN));
	KCHECK(fixture_touch(aspace, AT - PAGE_SIZE, MAP_WRITE));
	fixture_map(aspace, entry, AT + (1ul << 25), 4 * PAGE_SIZE, RW);
	fill(aspace, AT + (1ul << 25), 4, 1);
	KCHECK(memory_resize(memory, 0, &budget) == OK);
	aspace_check(aspace);
	fixture_destroy(&f);
}

KTEST(a_crooked_hint_gives_a_straight_address)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;
	struct map_args args = {.flags = RW, .address = AT + 5, .bytes = PAGE_SIZE};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t out = 1;

	KCHECK(aspace_map(aspace, &args, NULL, &progress, &budget, &out) == OK &&
	       out % PAGE_SIZE == 0);
	aspace_check(aspace);
	fixture_destroy(&f);
}

static status_t protect(struct aspace *aspace, uint64_t address, uint32_t prot)
{
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;

	return aspace_protect(aspace, address, PAGE_SIZE, prot, &progress, &budget);
}

KTEST(a_read_only_mapping_stays_so)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;
	struct handle_entry *memory = fixture_publish(
		&f, &memory_create(f.domain, 2 * PAGE_SIZE, 0)->obj);

	KCHECK(!fixture_map(aspace, memory, AT, PAGE_SIZE, RW | MAP_READ_ONLY));
	KCHECK(fixture_map(aspace, memory, AT, PAGE_SIZE, MAP_READ | MAP_READ_ONLY));
	KCHECK(fixture_touch(aspace, AT, MAP_READ) && !fixture_touch(aspace, AT, MAP_WRITE));
	KCHECK(protect(aspace, AT, RW) == E_ACCESS && protect(aspace, AT, 0) == OK);
	KCHECK(protect(aspace, AT, MAP_READ) == OK && protect(aspace, AT, RW) == E_ACCESS);
	KCHECK(remap(aspace, AT, 1, AT + (1ul << 25), 1, 9) == OK);
	KCHECK(protect(aspace, AT + (1ul << 25), RW) == E_ACCESS);
	/* What is written to private pages never gets there. */
	KCHECK(fixture_map(aspace, memory, AT, PAGE_SIZE, RW | MAP_PRIVATE | MAP_READ_ONLY));
	aspace_check(aspace);
	fixture_destroy(&f);
}

KTEST(mapping_needs_the_right_to_read)
{
	struct fixture f = fixture_create(200);
	struct handle_entry *memory = fixture_publish(&f,
	                                              &memory_create(f.domain, PAGE_SIZE, 0)->obj);
	handle_t write_only;

	KCHECK(handle_derive_into(f.process, memory, RIGHT_WRITE | RIGHT_MAP, 0, &write_only) ==
	       OK);
	KCHECK(!fixture_map(&f.process->aspace, handle_find(f.process, write_only), AT, PAGE_SIZE,
	                    MAP_WRITE));
	KCHECK(!fixture_map(&f.process->aspace, handle_find(f.process, write_only), AT, PAGE_SIZE,
	                    MAP_WRITE | MAP_PRIVATE));
	fixture_destroy(&f);
}

/* What was there stays when the new mapping cannot be made. */
KTEST(a_refused_replacement_changes_nothing)
{
	struct fixture f = fixture_create(200);
	struct aspace *aspace = &f.process->aspace;
	struct domain_limits limits = f.domain->limits;

	fixture_map(aspace, NULL, AT, 4 * PAGE_SIZE, RW);
	fill(aspace, AT, 4, 7);
	limits.pages = 1;
	domain_set_limits(f.domain, &limits);
	KCHECK(!fixture_map(aspace, NULL, AT, 4 * PAGE_SIZE, RW));
	KCHECK(*fixture_touch(aspace, AT, MAP_READ) == 7);
	fixture_destroy(&f);
}

KTEST(unmapping_goes_in_steps)
{
	struct fixture f = fixture_create(400);
	struct aspace *aspace = &f.process->aspace;
	struct handle_entry *memory = fixture_publish(
		&f, &memory_create(f.domain, 100 * PAGE_SIZE, 0)->obj);
	unsigned budget = 30;
	unsigned steps = 1;

	fixture_map(aspace, NULL, AT, 100 * PAGE_SIZE, RW);
	fixture_map(aspace, memory, AT + 100 * PAGE_SIZE, 100 * PAGE_SIZE, RW);
	fill(aspace, AT, 200, 1);
	for (; aspace_unmap(aspace, AT + PAGE_SIZE, 198 * PAGE_SIZE, &budget) == STATUS_MORE;
	     budget = 30) {
		aspace_check(aspace);
		steps++;
	}
	KCHECK(steps >= 198 / 30 && aspace->pt.resident == 2);
	fixture_destroy(&f);
}

/* A mapping is taken from the front, in whole page tables; what is left of it shows what it showed. */
KTEST(a_large_mapping_shrinks_from_the_front)
{
	struct fixture f = fixture_create(1400);
	struct aspace *aspace = &f.process->aspace;
	struct memory *memory = memory_create(f.domain, 1200 * PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	unsigned budget = 600;

	fixture_map(aspace, entry, AT, 1200 * PAGE_SIZE, RW);
	for (unsigned i = 0; i < 1200; i++)
		*(uint16_t *)fixture_touch(aspace, AT + i * PAGE_SIZE, MAP_WRITE) = (uint16_t)i;
	KCHECK(aspace_unmap(aspace, AT, 1200 * PAGE_SIZE, &budget) == STATUS_MORE);
	KCHECK(!fixture_touch(aspace, AT, MAP_READ));
	KCHECK(*(uint16_t *)fixture_touch(aspace, AT + 700 * PAGE_SIZE, MAP_READ) == 700);
	aspace_check(aspace);
	for (budget = 600; aspace_unmap(aspace, AT, 1200 * PAGE_SIZE, &budget) == STATUS_MORE;
	     budget = 600)
		aspace_check(aspace);
	fixture_destroy(&f);
}
