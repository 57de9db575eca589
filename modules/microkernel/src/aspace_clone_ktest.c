/*
 * Clones of address spaces: page tables that are shared until one side changes something, whoever it is and whatever it
 * does, and copies of what is not shared.
 */
#include <microkernel/errors.h>
#include "ktest_fixture.h"
#include "page.h"
#include "space.h"

#define AT (1ul << 30)
#define RW (MAP_READ | MAP_WRITE)
#define PAGES 200u /* enough for a table of them to be shared */

struct family {
	struct fixture f;
	struct space *parent;
	struct space *child;
};

static uint8_t value_at(struct space *space, unsigned page)
{
	uint8_t *byte = fixture_touch(&space->aspace, AT + page * PAGE_SIZE, MAP_READ);

	return byte ? *byte : 0;
}

static void write(struct space *space, unsigned page, uint8_t value)
{
	uint8_t *byte = fixture_touch(&space->aspace, AT + page * PAGE_SIZE, MAP_WRITE);

	KCHECK(byte);
	if (byte)
		*byte = value;
}

static struct space *clone_in_steps(struct space *from, struct domain *domain, unsigned step)
{
	struct progress progress = {0};
	unsigned budget = step;
	status_t status;

	while ((status = space_clone(from, domain, &progress, &budget)) == STATUS_MORE)
		budget = step;
	KCHECK(status == OK);
	return container_of(progress.object, struct space, obj);
}

/* A parent with PAGES pages, page i with value i, and its clone. */
static struct family family_create(void)
{
	struct family family = {.f = fixture_create(1000)};

	KCHECK(space_create(family.f.domain, 0, &family.parent) == OK);
	fixture_map(&family.parent->aspace, NULL, AT, PAGES * PAGE_SIZE, RW);
	for (unsigned i = 0; i < PAGES; i++)
		write(family.parent, i, (uint8_t)i);
	family.child = clone_in_steps(family.parent, family.f.domain, STEP_BUDGET);
	KCHECK(pt_is_shared(&family.parent->aspace.pt, AT) &&
	       pt_is_shared(&family.child->aspace.pt, AT));
	return family;
}

static void check(struct space *space)
{
	aspace_check(&space->aspace);
}

static void end(struct space *space)
{
	check(space);
	kobject_unref(&space->obj);
	kobject_reap_all();
}

static void family_destroy(struct family *family)
{
	end(family->child);
	end(family->parent);
	fixture_destroy(&family->f);
}

static void expect_all(struct space *space, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		KCHECK(value_at(space, i) == (uint8_t)i);
}

KTEST(clones_share_a_table_until_one_writes)
{
	struct family family = family_create();
	uint64_t pages = family.f.domain->pages;

	expect_all(family.child, 0, PAGES);
	KCHECK(family.f.domain->pages == pages && family.child->aspace.pt.resident == PAGES);
	write(family.child, 7, 99);
	KCHECK(family.f.domain->pages == pages + 2); /* a table and a page */
	check(family.parent);
	KCHECK(value_at(family.parent, 7) == 7 && value_at(family.child, 7) == 99);
	write(family.parent, 7, 98);
	write(family.parent, 8, 97);
	check(family.parent);
	KCHECK(value_at(family.child, 7) == 99 && value_at(family.child, 8) == 8);
	expect_all(family.child, 9, PAGES);
	family_destroy(&family);
}

KTEST(a_parent_may_write_first)
{
	struct family family = family_create();

	write(family.parent, 0, 50);
	KCHECK(value_at(family.child, 0) == 0);
	expect_all(family.child, 1, PAGES);
	write(family.child, 0, 51);
	KCHECK(value_at(family.parent, 0) == 50);
	family_destroy(&family);
}

/* Nothing is copied for the one who is left. */
KTEST(the_last_one_takes_a_shared_table_over)
{
	struct family family = family_create();
	uint64_t pages;

	end(family.child);
	pages = family.f.domain->pages;
	write(family.parent, 3, 60);
	KCHECK(family.f.domain->pages == pages && !pt_is_shared(&family.parent->aspace.pt, AT));
	check(family.parent);
	family.child = clone_in_steps(family.parent, family.f.domain, STEP_BUDGET);
	end(family.parent);
	write(family.child, 4, 61);
	KCHECK(value_at(family.child, 3) == 60);
	end(family.child);
	fixture_destroy(&family.f);
}

KTEST(clones_of_clones_share_as_well)
{
	struct family family = family_create();
	struct space *grandchild = clone_in_steps(family.child, family.f.domain, STEP_BUDGET);
	struct space *sibling = clone_in_steps(family.parent, family.f.domain, STEP_BUDGET);

	write(family.child, 1, 70);
	write(sibling, 1, 71);
	check(grandchild);
	KCHECK(value_at(grandchild, 1) == 1 && value_at(family.parent, 1) == 1);
	end(family.parent);
	write(grandchild, 2, 72);
	KCHECK(value_at(sibling, 2) == 2 && value_at(family.child, 2) == 2);
	expect_all(grandchild, 3, PAGES);
	end(grandchild);
	expect_all(sibling, 2, PAGES);
	end(sibling);
	expect_all(family.child, 2, PAGES);
	end(family.child);
	fixture_destroy(&family.f);
}

static status_t unmap(struct space *space, unsigned first, unsigned count)
{
	unsigned budget = STEP_BUDGET;
	status_t status;

	while ((status = aspace_unmap(&space->aspace, AT + first * PAGE_SIZE, count * PAGE_SIZE,
	                              &budget)) == STATUS_MORE)
		budget = STEP_BUDGET;
	return status;
}

KTEST(unmapping_a_part_spares_the_other_side)
{
	struct family family = family_create();

	KCHECK(unmap(family.child, 10, 20) == OK);
	check(family.child);
	KCHECK(!fixture_touch(&family.child->aspace, AT + 10 * PAGE_SIZE, MAP_READ));
	expect_all(family.parent, 0, PAGES);
	KCHECK(value_at(family.child, 9) == 9 && value_at(family.child, 30) == 30);
	KCHECK(unmap(family.parent, 0, PAGES) == OK);
	expect_all(family.child, 30, PAGES);
	family_destroy(&family);
}

/* Nothing but the mapping is in its table, so the table goes as a whole, and nothing is copied. */
KTEST(unmapping_all_of_a_shared_table_copies_nothing)
{
	struct family family = family_create();
	uint64_t pages = family.f.domain->pages;

	KCHECK(unmap(family.child, 0, PAGES) == OK);
	KCHECK(family.f.domain->pages < pages && family.child->aspace.pt.resident == 0);
	expect_all(family.parent, 0, PAGES);
	family_destroy(&family);
}

/* The same when the table shows two mappings. */
KTEST(two_mappings_of_a_shared_table_go_together)
{
	struct family family = family_create();
	uint64_t pages;

	fixture_map(&family.parent->aspace, NULL, AT + (PAGES + 5) * PAGE_SIZE, PAGE_SIZE, RW);
	write(family.parent, PAGES + 5, 5);
	end(family.child);
	family.child = clone_in_steps(family.parent, family.f.domain, STEP_BUDGET);
	KCHECK(pt_is_shared(&family.parent->aspace.pt, AT));
	pages = family.f.domain->pages;
	KCHECK(unmap(family.child, 0, PAGES + 6) == OK);
	KCHECK(family.f.domain->pages < pages && aspace_bytes(&family.child->aspace) == 0);
	family_destroy(&family);
}

KTEST(protection_of_a_shared_table_is_each_side_s_own)
{
	struct family family = family_create();
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	status_t status;

	while ((status = aspace_protect(&family.child->aspace, AT, 4 * PAGE_SIZE, MAP_READ,
	                                &progress, &budget)) == STATUS_MORE)
		budget = STEP_BUDGET;
	KCHECK(status == OK);
	KCHECK(!fixture_touch(&family.child->aspace, AT, MAP_WRITE));
	write(family.parent, 0, 80);
	KCHECK(value_at(family.child, 0) == 0);
	check(family.child);
	progress = (struct progress){0};
	budget = STEP_BUDGET;
	KCHECK(aspace_protect(&family.child->aspace, AT, 4 * PAGE_SIZE, RW, &progress, &budget) ==
	       OK);
	write(family.child, 0, 81);
	KCHECK(value_at(family.parent, 0) == 80);
	family_destroy(&family);
}

/* Protecting is half done: the clone has what the mappings say, not what leaves still allow. */
static void clone_while_protecting(struct fixture *f, struct handle_entry *memory)
{
	struct progress progress = {0};
	unsigned budget = 20;
	struct space *parent;
	struct space *child;

	KCHECK(space_create(f->domain, 0, &parent) == OK);
	fixture_map(&parent->aspace, memory, AT, PAGES * PAGE_SIZE, RW);
	for (unsigned i = 0; i < PAGES; i++)
		write(parent, i, (uint8_t)i);
	KCHECK(aspace_protect(&parent->aspace, AT, PAGES * PAGE_SIZE, MAP_READ, &progress,
	                      &budget) == STATUS_MORE);
	KCHECK(fixture_touch(&parent->aspace, AT + (PAGES - 1) * PAGE_SIZE, MAP_WRITE));
	child = clone_in_steps(parent, f->domain, STEP_BUDGET);
	for (budget = STEP_BUDGET; aspace_protect(&parent->aspace, AT, PAGES * PAGE_SIZE, MAP_READ,
	                                          &progress, &budget) == STATUS_MORE;)
		budget = STEP_BUDGET;
	end(parent);
	for (unsigned i = 0; i < PAGES; i++)
		KCHECK(!fixture_touch(&child->aspace, AT + i * PAGE_SIZE, MAP_WRITE));
	expect_all(child, 0, PAGES);
	end(child);
}

KTEST(a_clone_gets_no_more_than_its_mappings_allow)
{
	struct fixture f = fixture_create(1500);

	clone_while_protecting(&f, NULL);
	clone_while_protecting(
		&f, fixture_publish(&f, &memory_create(f.domain, PAGES * PAGE_SIZE, 0)->obj));
	fixture_destroy(&f);
}

KTEST(discarding_in_a_shared_table_is_each_side_s_own)
{
	struct family family = family_create();
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;

	KCHECK(aspace_discard(&family.child->aspace, AT + PAGE_SIZE, 3 * PAGE_SIZE, &progress,
	                      &budget) == OK);
	KCHECK(value_at(family.child, 1) == 0 && value_at(family.child, 4) == 4);
	expect_all(family.parent, 0, PAGES);
	family_destroy(&family);
}

KTEST(pages_of_a_shared_table_can_move)
{
	struct family family = family_create();
	struct remap_args args = {
		AT + 8 * PAGE_SIZE, 4 * PAGE_SIZE, AT + (1ul << 25), 4 * PAGE_SIZE, 1, 0};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t out = 0;

	KCHECK(aspace_remap(&family.child->aspace, &args, &progress, &budget, &out) == OK);
	KCHECK(*fixture_touch(&family.child->aspace, out + PAGE_SIZE, MAP_READ) == 9);
	*fixture_touch(&family.child->aspace, out + PAGE_SIZE, MAP_WRITE) = 90;
	expect_all(family.parent, 0, PAGES);
	family_destroy(&family);
}

/* A table of its own needs a page. Without one nothing changes, on either side. */
KTEST(a_write_to_a_shared_table_may_be_refused)
{
	struct family family = family_create();
	struct domain_limits limits = family.f.domain->limits;
	struct domain_limits none = limits;
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;

	none.pages = 1;
	domain_set_limits(family.f.domain, &none);
	KCHECK(!fixture_touch(&family.child->aspace, AT, MAP_WRITE));
	KCHECK(unmap(family.child, 10, 20) == E_NOMEM);
	KCHECK(aspace_discard(&family.child->aspace, AT, 2 * PAGE_SIZE, &progress, &budget) ==
	       E_NOMEM);
	KCHECK(aspace_protect(&family.child->aspace, AT, PAGES * PAGE_SIZE, MAP_READ, &progress,
	                      &budget) == E_NOMEM);
	check(family.child);
	expect_all(family.child, 0, PAGES);
	KCHECK(unmap(family.child, 0, PAGES) == OK); /* which needs none */
	domain_set_limits(family.f.domain, &limits);
	expect_all(family.parent, 0, PAGES);
	family_destroy(&family);
}

/* A mapping of an object in a hole of a shared table can be revoked, which must not need memory. */
KTEST(revoking_beside_a_shared_table_needs_no_memory)
{
	struct family family = family_create();
	struct memory *memory = memory_create(family.f.domain, 4 * PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&family.f, &memory->obj);
	struct domain_limits none = family.f.domain->limits;

	KCHECK(fixture_map(&family.child->aspace, entry, AT + (PAGES + 9) * PAGE_SIZE,
	                   4 * PAGE_SIZE, RW));
	KCHECK(pt_is_shared(&family.child->aspace.pt, AT));
	none.pages = 1;
	domain_set_limits(family.f.domain, &none);
	kobject_kill(&memory->obj);
	kobject_reap_all();
	KCHECK(aspace_bytes(&family.child->aspace) == PAGES * PAGE_SIZE);
	expect_all(family.child, 0, PAGES);
	family_destroy(&family);
}

/* What a clone must not have is not in its tables either. */
KTEST(what_is_not_cloned_is_not_shared)
{
	struct fixture f = fixture_create(1000);
	struct space *parent;
	struct space *child;

	KCHECK(space_create(f.domain, 0, &parent) == OK);
	fixture_map(&parent->aspace, NULL, AT, PAGES * PAGE_SIZE, RW);
	fixture_map(&parent->aspace, NULL, AT + PAGES * PAGE_SIZE, 8 * PAGE_SIZE,
	            RW | MAP_CLONE_ZERO);
	fixture_map(&parent->aspace, NULL, AT + (PAGES + 8) * PAGE_SIZE, 8 * PAGE_SIZE,
	            RW | MAP_CLONE_DROP);
	for (unsigned i = 0; i < PAGES + 16; i++)
		write(parent, i, 1);
	child = clone_in_steps(parent, f.domain, 30);
	KCHECK(value_at(child, 0) == 1 && value_at(child, PAGES - 1) == 1);
	KCHECK(fixture_touch(&child->aspace, AT + PAGES * PAGE_SIZE, MAP_READ) &&
	       value_at(child, PAGES) == 0);
	KCHECK(!fixture_touch(&child->aspace, AT + (PAGES + 8) * PAGE_SIZE, MAP_READ));
	end(child);
	end(parent);
	fixture_destroy(&f);
}

/* Pages of an object are in the clone's tables at once, and leave them when the object loses them. */
KTEST(a_clone_sees_what_an_object_shows)
{
	struct fixture f = fixture_create(1000);
	struct memory *memory = memory_create(f.domain, 8 * PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	unsigned budget = STEP_BUDGET;
	struct space *parent;
	struct space *child;

	KCHECK(space_create(f.domain, 0, &parent) == OK);
	fixture_map(&parent->aspace, entry, AT, 8 * PAGE_SIZE, RW);
	for (unsigned i = 0; i < 8; i++)
		write(parent, i, (uint8_t)i);
	child = clone_in_steps(parent, f.domain, STEP_BUDGET);
	KCHECK(child->aspace.pt.resident == 8);
	expect_all(child, 0, 8);
	write(child, 3, 33);
	KCHECK(value_at(parent, 3) == 33);
	KCHECK(memory_resize(memory, 4 * PAGE_SIZE, &budget) == OK);
	KCHECK(child->aspace.pt.resident == 4 && parent->aspace.pt.resident == 4);
	check(child);
	end(child);
	end(parent);
	fixture_destroy(&f);
}

/* Few pages in many tables: nothing is shared, and they are copied bit by bit. */
KTEST(cloning_goes_in_steps)
{
	struct fixture f = fixture_create(400);
	struct space *parent;
	struct space *child;

	KCHECK(space_create(f.domain, 0, &parent) == OK);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t at = AT + i * PT_TABLE_SPAN;

		fixture_map(&parent->aspace, NULL, at, 20 * PAGE_SIZE, RW);
		for (unsigned j = 0; j < 20; j++)
			*fixture_touch(&parent->aspace, at + j * PAGE_SIZE, MAP_WRITE) = (uint8_t)j;
	}
	child = clone_in_steps(parent, f.domain, 17);
	KCHECK(child->aspace.pt.resident == 100);
	for (unsigned i = 0; i < 5; i++)
		KCHECK(*fixture_touch(&child->aspace, AT + i * PT_TABLE_SPAN + 19 * PAGE_SIZE,
		                      MAP_READ) == 19);
	end(child);
	end(parent);
	fixture_destroy(&f);
}

/* The dead give back in steps what they share as well. */
KTEST(a_clone_dies_in_steps)
{
	struct family family = family_create();
	unsigned budget = 20;
	unsigned steps = 0;

	write(family.child, 0, 1);
	for (; !aspace_clear(&family.child->aspace, &budget); budget = 20) {
		check(family.child);
		check(family.parent);
		steps++;
	}
	KCHECK(steps >= PAGES / 20);
	expect_all(family.parent, 0, PAGES);
	family_destroy(&family);
}

/* With one, a clone costs a page less. */
static uint64_t pages_of_a_clone(uint32_t flags)
{
	struct fixture f = fixture_create(1000);
	struct space *parent;
	struct space *child;
	uint64_t free_before;
	uint64_t pages;

	KCHECK(space_create(f.domain, flags, &parent) == OK);
	fixture_map(&parent->aspace, NULL, AT, PAGES * PAGE_SIZE, RW);
	for (unsigned i = 0; i < PAGES; i++)
		write(parent, i, (uint8_t)i);
	free_before = page_free_count();
	child = clone_in_steps(parent, f.domain, STEP_BUDGET);
	pages = free_before - page_free_count();
	KCHECK(child->flags == flags);
	expect_all(child, 0, PAGES);
	end(parent);
	expect_all(child, 0, PAGES);
	end(child);
	fixture_destroy(&f);
	return pages;
}

KTEST(a_clone_has_as_many_roots_as_its_parent)
{
	KCHECK(pages_of_a_clone(0) == pages_of_a_clone(SPACE_SHARED_ROOT) + 1);
}
