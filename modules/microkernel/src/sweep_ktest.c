/*
 * Pages of memory objects with many mappings: they leave the mappings in steps, and whatever comes in between, nobody
 * sees a page that is no longer the object's, or writes where others still see what was there before.
 */
#include <microkernel/errors.h>
#include "endpoint.h"
#include "ktest_fixture.h"
#include "mapping.h"
#include "page.h"
#include "space.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)
#define PAGES 3u
#define MANY 300u
#define SPAN (PAGES * PAGE_SIZE)

struct crowd {
	struct fixture f;
	struct aspace *aspace;
	struct memory *memory;
	struct handle_entry *entry;
	unsigned count;
};

static uint64_t place(unsigned mapping, unsigned page)
{
	return AT + mapping * SPAN + page * PAGE_SIZE;
}

static void join(struct crowd *c)
{
	KCHECK(fixture_map(c->aspace, c->entry, place(c->count, 0), SPAN, RW) != 0);
	c->count++;
}

static void leave(struct crowd *c, unsigned mapping)
{
	unsigned budget = STEP_BUDGET;

	KCHECK(aspace_unmap(c->aspace, place(mapping, 0), SPAN, &budget) == OK);
}

static struct crowd crowd_of(struct fixture f, struct memory *memory)
{
	struct crowd c = {f, &f.process->aspace, memory, fixture_publish(&f, &memory->obj), 0};

	while (c.count < MANY)
		join(&c);
	return c;
}

/* Page i begins with value + i, and all see that. */
static void show_all(struct crowd *c, uint8_t value)
{
	for (unsigned page = 0; page < PAGES; page++) {
		bool may_write;
		paddr_t there = memory_present_page(c->memory, page * PAGE_SIZE, &may_write);

		if (there.value)
			*(uint8_t *)direct(there) = (uint8_t)(value + page);
	}
	for (unsigned i = 0; i < c->count; i++)
		KCHECK(*fixture_touch(c->aspace, place(i, 0), MAP_READ) == value);
}

static void check(const struct crowd *c)
{
	aspace_check(c->aspace);
	kobject_check(&c->memory->obj);
}

static struct crowd anonymous_crowd(void)
{
	struct fixture f = fixture_create(2000);
	struct memory *memory = memory_create(f.domain, SPAN, 0);
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;

	KCHECK(memory_populate(memory, 0, SPAN, &done, &budget) == OK);
	return crowd_of(f, memory);
}

/* From the source, whose pages all are the same. */
static void supply(struct crowd *c, uint8_t value)
{
	struct memory *source = memory_create(c->f.domain, SPAN, 0);
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;
	bool may_write;
	paddr_t page;
	status_t status;

	for (unsigned i = 0; i < PAGES; i++) {
		KCHECK(memory_page(source, i * PAGE_SIZE, true, &page, &may_write) == OK);
		*(uint8_t *)direct(page) = value;
	}
	while ((status = memory_supply(c->memory, 0, source, 0, SPAN, &done, &budget)) ==
	       STATUS_MORE)
		budget = STEP_BUDGET;
	KCHECK(status == OK);
	kobject_unref(&source->obj);
}

static struct crowd paged_crowd(void)
{
	struct fixture f = fixture_create(2000);
	struct endpoint *pager = endpoint_create(f.domain);
	struct memory *memory = memory_create_paged(f.domain, SPAN, pager, 0);
	struct crowd c = crowd_of(f, memory);

	fixture_publish(&f, &pager->obj);
	supply(&c, 7);
	for (unsigned i = 0; i < c.count; i++)
		KCHECK(*fixture_touch(c.aspace, place(i, 0), MAP_READ) == 7);
	return c;
}

static void crowd_end(struct crowd *c)
{
	check(c);
	fixture_destroy(&c->f);
}

static status_t copy(struct crowd *c, struct progress *progress, unsigned step)
{
	unsigned budget = step;

	return memory_create_copy(c->memory, c->f.domain, 0, SPAN, progress, &budget);
}

static struct memory *copy_all(struct crowd *c)
{
	struct progress progress = {0};
	status_t status;

	while ((status = copy(c, &progress, STEP_BUDGET)) == STATUS_MORE)
		check(c);
	KCHECK(status == OK);
	return container_of(progress.object, struct memory, obj);
}

static unsigned writable(struct crowd *c, unsigned page)
{
	unsigned count = 0;

	for (unsigned i = 0; i < c->count; i++)
		count += !!(pt_lookup(&c->aspace->pt, place(i, page)).flags & PT_WRITE);
	return count;
}

/* Others read, write, come and go while one waits to write: until he has written all see the old content. */
KTEST(a_first_write_before_many_goes_in_steps)
{
	struct crowd c = anonymous_crowd();
	struct memory *snapshot;
	unsigned steps = 1;
	status_t status;
	paddr_t page;
	bool may_write;

	show_all(&c, 1);
	snapshot = copy_all(&c);
	KCHECK(writable(&c, 0) == 0);
	while ((status = aspace_page(c.aspace, place(5, 0), MAP_WRITE, &page)) == STATUS_MORE) {
		struct pt_entry last = pt_lookup(&c.aspace->pt, place(MANY - 1, 0));

		check(&c);
		KCHECK(writable(&c, 0) == 0);
		KCHECK(!last.present || *(uint8_t *)direct(last.page) == 1);
		KCHECK(*fixture_touch(c.aspace, place(7, 1), MAP_READ) == 2);
		join(&c);
		leave(&c, c.count - 2);
		leave(&c, 10 + steps);
		steps++;
	}
	KCHECK(status == OK && steps > MANY * 4 / STEP_BUDGET);
	*(uint8_t *)direct(page) = 100;
	KCHECK(*fixture_touch(c.aspace, place(c.count - 1, 0), MAP_READ) == 100);
	KCHECK(*fixture_touch(c.aspace, place(MANY / 2, 0), MAP_READ) == 100);
	page = memory_present_page(snapshot, 0, &may_write);
	KCHECK(*(uint8_t *)direct(page) == 1 && c.memory->resident == PAGES);
	kobject_unref(&snapshot->obj);
	crowd_end(&c);
}

/* Whoever comes to the page goes on with what another began and did not end. */
KTEST(a_sweep_outlives_who_began_it)
{
	struct crowd c = anonymous_crowd();
	struct memory *snapshot;
	status_t status;
	paddr_t page;

	show_all(&c, 1);
	snapshot = copy_all(&c);
	KCHECK(aspace_page(c.aspace, place(5, 0), MAP_WRITE, &page) == STATUS_MORE);
	KCHECK(c.memory->sweep.is_on);
	while ((status = aspace_page(c.aspace, place(0, 0), MAP_READ, &page)) == STATUS_MORE)
		check(&c);
	KCHECK(status == OK && *(uint8_t *)direct(page) == 1 && !c.memory->sweep.is_on);
	KCHECK(aspace_page(c.aspace, place(5, 1), MAP_WRITE, &page) == STATUS_MORE);
	while ((status = aspace_page(c.aspace, place(5, 2), MAP_WRITE, &page)) == STATUS_MORE)
		check(&c);
	KCHECK(status == OK && !c.memory->sweep.is_on && c.memory->resident == PAGES);
	KCHECK(*fixture_touch(c.aspace, place(9, 1), MAP_READ) == 2);
	kobject_unref(&snapshot->obj);
	crowd_end(&c);
}

/* A clone in the middle is before the place of the sweep, and the mapping whose entries it would get behind it. */
KTEST(a_clone_takes_no_entry_past_a_sweep)
{
	uint64_t at = 1ul << 30;
	struct crowd c = anonymous_crowd();
	struct progress cloning = {0};
	struct memory *snapshot;
	struct space *parent;
	struct space *clone;
	unsigned budget = 1;
	paddr_t page;

	show_all(&c, 1);
	snapshot = copy_all(&c);
	KCHECK(space_create(c.f.domain, 0, &parent) == OK);
	KCHECK(fixture_map(&parent->aspace, c.entry, at, SPAN, RW) == at);
	KCHECK(*fixture_touch(&parent->aspace, at + 2 * PAGE_SIZE, MAP_READ) == 3);
	KCHECK(space_clone(parent, c.f.domain, &cloning, &budget) == STATUS_MORE);
	budget = STEP_BUDGET;
	KCHECK(aspace_unmap(&parent->aspace, at + PAGE_SIZE, PAGE_SIZE, &budget) == OK);
	KCHECK(aspace_page(c.aspace, place(5, 2), MAP_WRITE, &page) == STATUS_MORE);
	while (c.memory->sweep.at.next->next != &c.memory->mappings) {
		budget = 1;
		KCHECK(!sweep_finish(c.memory, &budget));
	}
	budget = STEP_BUDGET;
	KCHECK(space_clone(parent, c.f.domain, &cloning, &budget) == OK);
	clone = container_of(cloning.object, struct space, obj);
	KCHECK(aspace_page(c.aspace, place(5, 2), MAP_WRITE, &page) == STATUS_MORE);
	KCHECK(aspace_page(c.aspace, place(5, 2), MAP_WRITE, &page) == OK);
	*(uint8_t *)direct(page) = 100;
	aspace_check(&clone->aspace);
	KCHECK(*fixture_touch(&clone->aspace, at + 2 * PAGE_SIZE, MAP_READ) == 100);
	kobject_unref(&clone->obj);
	kobject_unref(&parent->obj);
	kobject_unref(&snapshot->obj);
	crowd_end(&c);
}

/* Nor does a mapping that moves carry one past it. */
KTEST(a_move_takes_no_entry_past_a_sweep)
{
	struct crowd c = anonymous_crowd();
	uint64_t to = AT - (1ul << 28);
	struct remap_args args = {place(MANY - 1, 0), SPAN, to, SPAN, 1, 0};
	struct progress moving = {0};
	struct memory *snapshot;
	unsigned budget;
	uint64_t out;
	paddr_t page;

	show_all(&c, 1);
	snapshot = copy_all(&c);
	for (unsigned i = 0; i < PAGES; i++)
		KCHECK(fixture_touch(c.aspace, place(MANY - 1, i), MAP_READ));
	do {
		budget = 2; /* a table and a leaf */
		KCHECK(aspace_remap(c.aspace, &args, &moving, &budget, &out) == STATUS_MORE);
	} while (!pt_lookup(&c.aspace->pt, to).present);
	KCHECK(pt_lookup(&c.aspace->pt, place(MANY - 1, 2)).present);
	mapping_extend(aspace_mapping_at(c.aspace, place(MANY - 1, 2)), place(MANY, 0));
	KCHECK(aspace_page(c.aspace, place(5, 2), MAP_WRITE, &page) == STATUS_MORE);
	while (c.memory->sweep.at.next->next != &c.memory->mappings) {
		budget = 1;
		KCHECK(!sweep_finish(c.memory, &budget));
	}
	budget = STEP_BUDGET;
	KCHECK(aspace_remap(c.aspace, &args, &moving, &budget, &out) == OK);
	KCHECK(pt_lookup(&c.aspace->pt, to + 2 * PAGE_SIZE).present);
	while (aspace_page(c.aspace, place(5, 2), MAP_WRITE, &page) == STATUS_MORE)
		check(&c);
	*(uint8_t *)direct(page) = 100;
	aspace_check(c.aspace);
	KCHECK(*fixture_touch(c.aspace, to + 2 * PAGE_SIZE, MAP_READ) == 100);
	kobject_unref(&snapshot->obj);
	crowd_end(&c);
}

/* Its last page is on its way out, and its mappings go with its handles. */
KTEST(an_object_ends_in_the_middle_of_a_sweep)
{
	struct crowd c = anonymous_crowd();
	struct memory *snapshot;
	paddr_t page;

	show_all(&c, 1);
	snapshot = copy_all(&c);
	KCHECK(aspace_page(c.aspace, place(5, 0), MAP_WRITE, &page) == STATUS_MORE);
	kobject_ref(&c.memory->obj);
	kobject_kill(&c.memory->obj);
	kobject_reap_all();
	KCHECK(!c.memory->sweep.is_on && c.memory->resident == 0 && c.aspace->pt.resident == 0);
	kobject_unref(&c.memory->obj);
	kobject_unref(&snapshot->obj);
	fixture_destroy(&c.f);
}

/* Between the steps those who could write still can; when it is done nobody can. Given up in the middle, it leaves
 * nothing behind. */
KTEST(copying_before_many_goes_in_steps)
{
	struct crowd c = anonymous_crowd();
	struct progress progress = {0};
	struct progress given_up = {0};
	unsigned steps = 1;
	status_t status;

	for (unsigned i = 0; i < MANY; i++)
		KCHECK(fixture_touch(c.aspace, place(i, 2), MAP_WRITE));
	KCHECK(writable(&c, 2) == MANY);
	KCHECK(copy(&c, &given_up, 50) == STATUS_MORE);
	for (; (status = copy(&c, &progress, 50)) == STATUS_MORE; steps++) {
		check(&c);
		if (steps % 8 == 0)
			join(&c);
	}
	KCHECK(status == OK && steps > 3 * MANY / 50 && writable(&c, 2) == 0);
	kobject_unref(given_up.object);
	kobject_unref(progress.object);
	crowd_end(&c);
}

static status_t on_page(struct crowd *c,
                        status_t (*how)(struct memory *, uint64_t, uint64_t, struct progress *,
                                        unsigned *),
                        unsigned page, struct progress *progress, unsigned step)
{
	unsigned budget = step;

	return how(c->memory, page * PAGE_SIZE, PAGE_SIZE, progress, &budget);
}

KTEST(cleaning_before_many_goes_in_steps)
{
	struct crowd c = paged_crowd();
	struct progress progress = {0};
	struct progress permitting = {0};
	unsigned steps = 1;
	status_t status;

	KCHECK(on_page(&c, memory_permit, 0, &permitting, STEP_BUDGET) == OK);
	for (unsigned i = 0; i < MANY; i++)
		KCHECK(fixture_touch(c.aspace, place(i, 0), MAP_WRITE));
	for (; (status = on_page(&c, memory_clean, 0, &progress, 40)) == STATUS_MORE; steps++) {
		check(&c);
		KCHECK(c.memory->sweep.is_on && writable(&c, 0) > 0);
		KCHECK(!fixture_touch(c.aspace, place(0, 0), MAP_WRITE));
	}
	KCHECK(status == OK && steps > MANY / 40 && writable(&c, 0) == 0 && !c.memory->dirty);
	crowd_end(&c);
}

/* Who comes to a page that is on its way out asks the pager; what that supplies is seen by all. */
KTEST(evicting_before_many_goes_in_steps)
{
	struct crowd c = paged_crowd();
	struct progress progress = {0};
	unsigned steps = 1;
	status_t status;

	for (; (status = on_page(&c, memory_evict, 0, &progress, 40)) == STATUS_MORE; steps++) {
		check(&c);
		KCHECK(!fixture_touch(c.aspace, place(0, 0), MAP_READ));
		KCHECK(*fixture_touch(c.aspace, place(0, 1), MAP_READ) == 7);
		if (steps % 4)
			continue;
		join(&c);
		leave(&c, steps / 4);
	}
	KCHECK(status == OK && steps > MANY / 40 && progress.count == 1);
	KCHECK(c.memory->resident == PAGES - 1);
	progress = (struct progress){0};
	KCHECK(on_page(&c, memory_evict, 1, &progress, 40) == STATUS_MORE);
	supply(&c, 9);
	check(&c);
	KCHECK(!c.memory->sweep.is_on && c.memory->resident == PAGES);
	for (unsigned i = 20; i < c.count; i++)
		KCHECK(*fixture_touch(c.aspace, place(i, 1), MAP_READ) == 9);
	KCHECK(*fixture_touch(c.aspace, place(20, 2), MAP_READ) == 7);
	crowd_end(&c);
}

KTEST(cutting_before_many_goes_in_steps)
{
	struct crowd c = anonymous_crowd();
	unsigned budget = 40;
	unsigned steps = 1;
	bool may_write;
	paddr_t page;

	show_all(&c, 1);
	for (; memory_resize(c.memory, PAGE_SIZE, &budget) == STATUS_MORE; budget = 40, steps++) {
		check(&c);
		KCHECK(memory_page(c.memory, 2 * PAGE_SIZE, false, &page, &may_write) == E_FAULT);
	}
	KCHECK(steps > 2 * MANY / 40 && c.memory->resident == 1);
	budget = STEP_BUDGET;
	KCHECK(memory_resize(c.memory, SPAN, &budget) == OK);
	KCHECK(*fixture_touch(c.aspace, place(3, 2), MAP_READ) == 0);
	crowd_end(&c);
}

/* What a pager hands over must not take long to be taken from others. */
KTEST(what_many_map_is_not_supplied)
{
	struct crowd c = anonymous_crowd();
	struct endpoint *pager = endpoint_create(c.f.domain);
	struct memory *paged = memory_create_paged(c.f.domain, SPAN, pager, 0);
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;

	KCHECK(memory_supply(paged, 0, c.memory, 0, SPAN, &done, &budget) == E_BUSY);
	KCHECK(done == 0 && paged->resident == 0 && c.memory->resident == PAGES);
	for (unsigned i = SWEEP_AT_ONCE; i < MANY; i++)
		leave(&c, i);
	while (memory_supply(paged, 0, c.memory, 0, SPAN, &done, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	KCHECK(done == SPAN && paged->resident == PAGES && c.memory->resident == 0);
	kobject_unref(&pager->obj);
	kobject_unref(&paged->obj);
	crowd_end(&c);
}
