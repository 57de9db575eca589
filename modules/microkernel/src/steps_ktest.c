/*
 * Ends that take long go in steps: what is large gives back as much as its budget allows, and the rest the next time.
 */
#include <microkernel/errors.h>
#include "ktest_fixture.h"
#include "page.h"
#include "space.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)

KTEST(revoking_a_large_mapping_goes_in_steps)
{
	struct fixture f = fixture_create(400);
	struct memory *memory = memory_create(f.domain, 200 * PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	struct aspace *aspace = &f.process->aspace;
	unsigned budget = 10;
	unsigned steps = 1;

	KCHECK(fixture_map(aspace, entry, AT, 200 * PAGE_SIZE, RW) == AT);
	for (unsigned i = 0; i < 200; i++)
		KCHECK(fixture_touch(aspace, AT + i * PAGE_SIZE, MAP_WRITE));
	for (; !derivation_revoke(entry->object, &entry->node, &budget); budget = 10) {
		steps++;
		KCHECK(memory->mapping_count == 1);
		aspace_check(aspace);
	}
	KCHECK(steps > 5 && memory->mapping_count == 0 && aspace->pt.resident == 0);
	KCHECK(memory->resident == 200);
	fixture_destroy(&f);
}

KTEST(dma_memory_ends_in_steps)
{
	struct fixture f = fixture_create(100);
	struct memory *memory = memory_create_dma(f.domain, 40 * PAGE_SIZE);
	uint64_t pages = f.domain->pages;
	unsigned steps = 1;

	KCHECK(memory && page_of(memory->base)->refs == 1);
	kobject_unref(&memory->obj);
	while (!kobject_reap(7))
		steps++;
	KCHECK(steps > 4 && f.domain->pages == pages - 40);
	fixture_destroy(&f);
}

KTEST(what_many_hold_ends_in_steps)
{
	struct fixture f = fixture_create(200);
	struct fixture other = fixture_create(200);
	struct memory *memory = memory_create(other.domain, PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	unsigned steps = 1;
	handle_t handle;

	for (unsigned i = 0; i < 100; i++)
		KCHECK(handle_derive_into(f.process, entry, ~0u, 0, &handle) == OK);
	kobject_kill(&other.domain->obj);
	while (!kobject_reap(9)) {
		KCHECK(steps < 8 || f.process->handles.used < 60);
		steps++;
	}
	KCHECK(steps > 8 && f.process->handles.used == 0);
	fixture_destroy(&other);
	fixture_destroy(&f);
}

/* They lie in processes that live on, and go with the domain that paid for them. */
KTEST(many_watches_go_in_steps)
{
	struct fixture target = fixture_create(100);
	struct fixture payer = fixture_create(100);
	struct fixture owner = fixture_create(100);
	struct handle_entry *root = fixture_publish(&owner, &event_create(owner.domain)->obj);
	unsigned steps = 1;
	handle_t handle;

	KCHECK(handle_derive_into(payer.process, root, ~0u, 0, &handle) == OK);
	for (unsigned i = 0; i < 100; i++)
		KCHECK(process_watch(target.process, handle_find(payer.process, handle), 1) == OK);
	kobject_kill(&payer.domain->obj);
	while (!kobject_reap(9))
		steps++;
	KCHECK(steps > 8 && list_is_empty(&target.process->watches));
	fixture_destroy(&owner);
	fixture_destroy(&payer);
	fixture_destroy(&target);
}

/* Whatever the budget of a step, the clone is the same. */
KTEST(cloning_is_the_same_in_steps_of_any_size)
{
	struct fixture f = fixture_create(600);
	struct space *parent;

	KCHECK(space_create(f.domain, 0, &parent) == OK);
	for (unsigned i = 0; i < 6; i++) {
		uint64_t at = (i + 1ul) << 30;
		unsigned pages = i % 2 ? 40 : 5;

		KCHECK(fixture_map(&parent->aspace, NULL, at, pages * PAGE_SIZE, RW) == at);
		for (unsigned j = 0; j < pages; j++)
			*fixture_touch(&parent->aspace, at + j * PAGE_SIZE,
			               MAP_WRITE) = (uint8_t)(i + j);
	}
	for (unsigned step = 1; step < 30; step++) {
		struct progress progress = {0};
		unsigned budget = step;
		unsigned rounds = 0;
		struct space *clone;

		while (space_clone(parent, f.domain, &progress, &budget) == STATUS_MORE &&
		       rounds++ < 10000)
			budget = step;
		clone = container_of(progress.object, struct space, obj);
		if (rounds < 10000)
			KCHECK(clone->aspace.pt.resident == 135);
		else
			KCHECK(step < 8); /* less than a handful does not get on */
		kobject_check(&clone->obj);
		kobject_check(&parent->obj);
		kobject_unref(progress.object);
		kobject_reap_all();
	}
	kobject_unref(&parent->obj);
	fixture_destroy(&f);
}

/* Device registers are not memory that can be copied. */
KTEST(devices_are_not_copied_out_of_a_space)
{
	struct fixture f = fixture_create(100);
	struct memory *device = memory_create_physical(f.domain, PADDR(0xb8000), PAGE_SIZE,
	                                               MEMORY_UNCACHED);
	struct handle_entry *entry = fixture_publish(&f, &device->obj);
	unsigned budget = STEP_BUDGET;
	struct space *space;
	uint64_t done = 0;

	KCHECK(space_create(f.domain, 0, &space) == OK);
	KCHECK(fixture_map(&space->aspace, entry, 1 << 20, PAGE_SIZE, RW));
	KCHECK(space_copy(space, 1 << 20, NATIVE_BASE, 8, false, &done, &budget) == E_FAULT);
	KCHECK(done == 0);
	kobject_unref(&space->obj);
	fixture_destroy(&f);
}
