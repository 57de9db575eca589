/*
 * Memory objects and mappings in the running kernel, on page tables that no CPU has loaded.
 */
#include <base/string.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "ktest_fixture.h"
#include "page.h"
#include "space.h"
#include "word.h"

#define AT NATIVE_BASE + (1ul << 30)

static uint64_t map(struct aspace *aspace, struct handle_entry *memory, uint64_t address,
                    uint64_t bytes, uint32_t flags)
{
	uint64_t at = fixture_map(aspace, memory, address, bytes, flags);

	KCHECK(at == address);
	return at;
}

static uint8_t *touch(struct aspace *aspace, uint64_t address, unsigned access)
{
	return fixture_touch(aspace, address, access);
}

KTEST(memory_limit_is_an_error)
{
	struct fixture f = fixture_create(40);
	uint64_t at = map(&f.process->aspace, NULL, AT, 100 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	unsigned pages = 0;

	while (pages < 100 && touch(&f.process->aspace, at + pages * PAGE_SIZE, MAP_WRITE))
		pages++;
	KCHECK(pages > 10 && pages < 40);
	fixture_destroy(&f);
}

KTEST(shared_mappings_show_one_page)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *memory = fixture_publish(
		&f, &memory_create(f.domain, 4 * PAGE_SIZE, 0)->obj);
	uint64_t a = map(&f.process->aspace, memory, AT, 4 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	uint64_t b = map(&f.process->aspace, memory, AT + (1 << 20), 4 * PAGE_SIZE, MAP_READ);

	*touch(&f.process->aspace, a + 5, MAP_WRITE) = 42;
	KCHECK(*touch(&f.process->aspace, b + 5, MAP_READ) == 42);
	KCHECK(!touch(&f.process->aspace, b + 5, MAP_WRITE));
	KCHECK(!touch(&f.process->aspace, b + 5 * PAGE_SIZE, MAP_READ));
	fixture_destroy(&f);
}

/* Then one write maps them all; what was there stays. */
KTEST(populated_pages_are_mapped_by_one_write)
{
	struct fixture f = fixture_create(100);
	struct memory *memory = memory_create(f.domain, 20 * PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	uint64_t at = map(&f.process->aspace, entry, AT, 20 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	unsigned budget = STEP_BUDGET, tiny = 1;
	uint64_t done = 0;

	*touch(&f.process->aspace, at + 2 * PAGE_SIZE, MAP_WRITE) = 42;
	KCHECK(memory_populate(memory, 100, 8 * PAGE_SIZE, &done, &tiny) == STATUS_MORE);
	KCHECK(memory_populate(memory, 100, 8 * PAGE_SIZE, &done, &budget) == OK);
	KCHECK(memory->resident == 9);
	*touch(&f.process->aspace, at + PAGE_SIZE, MAP_WRITE) = 43;
	for (unsigned i = 0; i < 20; i++) {
		struct pt_entry leaf = pt_lookup(&f.process->aspace.pt, at + i * PAGE_SIZE);

		KCHECK(leaf.present == (i < 9) && (!leaf.present || leaf.flags & PT_WRITE));
	}
	KCHECK(*touch(&f.process->aspace, at + 2 * PAGE_SIZE, MAP_READ) == 42);
	done = 0;
	KCHECK(memory_populate(memory, 20 * PAGE_SIZE, 1, &done, &budget) == E_RANGE);
	KCHECK(memory_populate(memory, UINT64_MAX, 2, &done, &budget) == E_RANGE);
	fixture_destroy(&f);
}

KTEST(revoking_a_handle_removes_its_mappings)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *memory = fixture_publish(&f,
	                                              &memory_create(f.domain, PAGE_SIZE, 0)->obj);
	unsigned budget = 10;
	handle_t child;
	uint64_t at;

	KCHECK(handle_derive_into(f.process, memory, ~0u, 0, &child) == OK);
	at = map(&f.process->aspace, handle_find(f.process, child), AT, PAGE_SIZE, MAP_READ);
	handle_close(handle_find(f.process, child));
	KCHECK(touch(&f.process->aspace, at, MAP_READ));
	KCHECK(derivation_revoke(memory->object, &memory->node, &budget));
	KCHECK(!touch(&f.process->aspace, at, MAP_READ));
	fixture_destroy(&f);
}

KTEST(clone_copies_on_write)
{
	struct fixture f = fixture_create(200);
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	struct space *parent;
	struct space *child;
	uint64_t at = 1 << 20;

	KCHECK(space_create(f.domain, 0, &parent) == OK);
	map(&parent->aspace, NULL, at, 4 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	*touch(&parent->aspace, at, MAP_WRITE) = 1;
	KCHECK(space_clone(parent, f.domain, &progress, &budget) == OK);
	child = container_of(progress.object, struct space, obj);
	KCHECK(touch(&parent->aspace, at, MAP_READ) == touch(&child->aspace, at, MAP_READ));
	*touch(&child->aspace, at, MAP_WRITE) = 2;
	KCHECK(*touch(&parent->aspace, at, MAP_READ) == 1);
	KCHECK(*touch(&child->aspace, at, MAP_READ) == 2);
	*touch(&parent->aspace, at + PAGE_SIZE, MAP_WRITE) = 3;
	KCHECK(*touch(&child->aspace, at + PAGE_SIZE, MAP_READ) == 0);
	kobject_unref(&parent->obj);
	kobject_unref(&child->obj);
	fixture_destroy(&f);
}

KTEST(unmap_splits_at_the_edges)
{
	struct fixture f = fixture_create(100);
	struct aspace *aspace = &f.process->aspace;
	uint64_t at = map(aspace, NULL, AT, 8 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;

	for (unsigned i = 0; i < 8; i++)
		*touch(aspace, at + i * PAGE_SIZE, MAP_WRITE) = (uint8_t)(i + 1);
	KCHECK(aspace_unmap(aspace, at + 2 * PAGE_SIZE, 3 * PAGE_SIZE, &budget) == OK);
	KCHECK(*touch(aspace, at + PAGE_SIZE, MAP_READ) == 2);
	KCHECK(!touch(aspace, at + 2 * PAGE_SIZE, MAP_READ));
	KCHECK(!touch(aspace, at + 4 * PAGE_SIZE, MAP_READ));
	KCHECK(*touch(aspace, at + 5 * PAGE_SIZE, MAP_READ) == 6);
	KCHECK(aspace_protect(aspace, at + 5 * PAGE_SIZE, PAGE_SIZE, MAP_READ, &progress,
	                      &budget) == OK);
	KCHECK(!touch(aspace, at + 5 * PAGE_SIZE, MAP_WRITE));
	KCHECK(touch(aspace, at + 6 * PAGE_SIZE, MAP_WRITE));
	progress = (struct progress){0};
	KCHECK(aspace_protect(aspace, at, 8 * PAGE_SIZE, MAP_READ, &progress, &budget) == E_NOENT);
	fixture_destroy(&f);
}

KTEST(remap_moves_pages)
{
	struct fixture f = fixture_create(100);
	struct aspace *aspace = &f.process->aspace;
	uint64_t at = map(aspace, NULL, AT, 2 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	struct remap_args args = {
		.address = at, .bytes = 2 * PAGE_SIZE, .new_bytes = 8 * PAGE_SIZE, .may_move = 1};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t out = 0;

	map(aspace, NULL, at + 2 * PAGE_SIZE, PAGE_SIZE, MAP_READ);
	*touch(aspace, at + PAGE_SIZE, MAP_WRITE) = 9;
	KCHECK(aspace_remap(aspace, &args, &progress, &budget, &out) == OK && out != at);
	KCHECK(*touch(aspace, out + PAGE_SIZE, MAP_READ) == 9);
	KCHECK(touch(aspace, out + 7 * PAGE_SIZE, MAP_WRITE));
	KCHECK(!touch(aspace, at, MAP_READ));
	fixture_destroy(&f);
}

KTEST(memory_copy_shares_until_written)
{
	struct fixture f = fixture_create(100);
	struct memory *original = memory_create(f.domain, 2 * PAGE_SIZE, 0);
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	struct memory *copy;
	bool may_write;
	paddr_t a;
	paddr_t b;

	KCHECK(memory_page(original, 0, true, &a, &may_write) == OK);
	*(uint8_t *)direct(a) = 5;
	KCHECK(memory_create_copy(original, f.domain, 0, 2 * PAGE_SIZE, &progress, &budget) == OK);
	copy = container_of(progress.object, struct memory, obj);
	KCHECK(memory_page(copy, 0, false, &b, &may_write) == OK);
	KCHECK(a.value == b.value && !may_write);
	KCHECK(memory_page(copy, 0, true, &b, &may_write) == OK);
	KCHECK(a.value != b.value && may_write && *(uint8_t *)direct(b) == 5);
	kobject_unref(&original->obj);
	kobject_unref(&copy->obj);
	fixture_destroy(&f);
}

KTEST(domain_kill_frees_what_is_shared_outside)
{
	struct fixture f = fixture_create(100);
	struct fixture other = fixture_create(100);
	struct memory *memory = memory_create(f.domain, PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&other, &memory->obj);
	uint64_t at = map(&other.process->aspace, entry, AT, PAGE_SIZE, MAP_READ | MAP_WRITE);

	KCHECK(touch(&other.process->aspace, at, MAP_WRITE));
	kobject_kill(&f.domain->obj);
	kobject_reap_all();
	KCHECK(!touch(&other.process->aspace, at, MAP_READ));
	KCHECK(f.domain->pages < 10);
	KCHECK(other.process->handles.used == 0);
	fixture_destroy(&f);
	fixture_destroy(&other);
}

/* The owner of the original would go on paying for its old content. */
KTEST(copy_for_another_domain_is_paid_by_it)
{
	struct fixture f = fixture_create(100);
	struct fixture other = fixture_create(100);
	struct memory *original = memory_create(f.domain, 20 * PAGE_SIZE, 0);
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	bool may_write;
	paddr_t page;
	uint64_t before;

	for (unsigned i = 0; i < 20; i++)
		KCHECK(memory_page(original, i * PAGE_SIZE, true, &page, &may_write) == OK);
	before = other.domain->pages;
	KCHECK(memory_create_copy(original, other.domain, 0, 20 * PAGE_SIZE, &progress, &budget) ==
	       OK);
	KCHECK(other.domain->pages >= before + 20);
	before = f.domain->pages;
	for (unsigned i = 0; i < 20; i++)
		KCHECK(memory_page(original, i * PAGE_SIZE, true, &page, &may_write) == OK);
	KCHECK(f.domain->pages == before);
	kobject_unref(progress.object);
	kobject_unref(&original->obj);
	fixture_destroy(&f);
	fixture_destroy(&other);
}

KTEST(copying_goes_in_steps)
{
	struct fixture f = fixture_create(200);
	struct memory *original = memory_create(f.domain, 100 * PAGE_SIZE, 0);
	struct progress progress = {0};
	unsigned budget = 30;
	unsigned steps = 1;
	bool may_write;
	paddr_t page;

	for (unsigned i = 0; i < 100; i++)
		KCHECK(memory_page(original, i * PAGE_SIZE, true, &page, &may_write) == OK);
	for (; memory_create_copy(original, f.domain, 0, 100 * PAGE_SIZE, &progress, &budget) ==
	       STATUS_MORE;
	     budget = 30)
		steps++;
	KCHECK(steps == 4);
	KCHECK(container_of(progress.object, struct memory, obj)->resident == 100);
	kobject_unref(progress.object);
	kobject_unref(&original->obj);
	fixture_destroy(&f);
}

KTEST(resizing_to_nonsense_is_refused)
{
	struct fixture f = fixture_create(100);
	struct memory *memory = memory_create(f.domain, 4 * PAGE_SIZE, 0);
	unsigned budget = STEP_BUDGET;
	bool may_write;
	paddr_t page;

	KCHECK(memory_page(memory, 0, true, &page, &may_write) == OK);
	KCHECK(memory_resize(memory, UINT64_MAX, &budget) == E_INVAL);
	KCHECK(memory->bytes == 4 * PAGE_SIZE && memory->resident == 1);
	kobject_unref(&memory->obj);
	fixture_destroy(&f);
}

/* A cut that is not over yet: the content is out of reach, and does not come back by growing. */
KTEST(what_was_cut_off_does_not_come_back)
{
	struct fixture f = fixture_create(100);
	struct memory *memory = memory_create(f.domain, 40 * PAGE_SIZE, 0);
	unsigned budget = 5;
	bool may_write;
	paddr_t page;

	for (unsigned i = 0; i < 40; i++)
		KCHECK(memory_page(memory, i * PAGE_SIZE, true, &page, &may_write) == OK);
	*(uint8_t *)direct(page) = 1;
	KCHECK(memory_resize(memory, PAGE_SIZE, &budget) == STATUS_MORE);
	KCHECK(memory_page(memory, 39 * PAGE_SIZE, false, &page, &may_write) == E_FAULT);
	for (budget = 5; memory_resize(memory, 40 * PAGE_SIZE, &budget) == STATUS_MORE; budget = 5)
		KCHECK(memory->bytes == PAGE_SIZE);
	KCHECK(memory->resident == 1);
	KCHECK(memory_page(memory, 39 * PAGE_SIZE, false, &page, &may_write) == OK &&
	       *(uint8_t *)direct(page) == 0);
	kobject_unref(&memory->obj);
	fixture_destroy(&f);
}

/* The VGA text buffer: below the end of RAM, and no RAM. */
KTEST(device_registers_are_not_read_through_the_direct_map)
{
	struct fixture f = fixture_create(100);
	struct memory *device = memory_create_physical(f.domain, PADDR(0xb8000), PAGE_SIZE,
	                                               MEMORY_UNCACHED);
	struct handle_entry *entry = fixture_publish(&f, &device->obj);
	struct aspace *aspace = &f.process->aspace;
	uint64_t at = map(aspace, entry, AT, PAGE_SIZE, MAP_READ | MAP_WRITE | MAP_PRIVATE);
	unsigned budget = STEP_BUDGET;
	uint64_t done = 0;
	paddr_t page;

	KCHECK(aspace_page(aspace, at, MAP_WRITE, &page) == E_FAULT);
	KCHECK(aspace_page(aspace, at, MAP_READ, &page) == OK);
	KCHECK(aspace_page(aspace, at, MAP_WRITE, &page) == E_FAULT);
	KCHECK(word_wait(NULL, aspace, at, 0, 0, ~0u) == E_FAULT);
	KCHECK(memory_transfer(device, 0, NATIVE_BASE, 8, false, &done, &budget) == E_UNSUPPORTED);
	fixture_destroy(&f);
}
