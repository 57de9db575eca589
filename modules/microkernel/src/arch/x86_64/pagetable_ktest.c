/*
 * Page tables: what is mapped is found again, monitors see the lower half without execution, empty tables go
 * back, and every page returns.
 */
#include <microkernel/errors.h>
#include "arch/x86_64/pte.h"
#include "ktest_fixture.h"
#include "page.h"
#include "progress.h"

#define FAR_APART (1ul << 40)

static struct pagetable create_space(struct fixture *f)
{
	struct pagetable pt;

	KCHECK(pt_create_space(&pt, f->domain, false) == OK);
	return pt;
}

KTEST(pagetable_maps_and_finds)
{
	struct fixture f = fixture_create(100);
	struct pagetable pt = create_space(&f);
	struct pt_entry e;

	KCHECK(!pt_lookup(&pt, 0x400000).present);
	KCHECK(pt_map(&pt, 0x400000, PADDR(0x5000), PT_READ | PT_EXECUTE) == OK);
	e = pt_lookup(&pt, 0x400000);
	KCHECK(e.present && e.page.value == 0x5000 && e.flags == (PT_READ | PT_EXECUTE));
	pt_protect(&pt, 0x400000, PT_READ | PT_WRITE);
	e = pt_unmap(&pt, 0x400000);
	KCHECK(e.page.value == 0x5000 && e.flags == (PT_READ | PT_WRITE));
	KCHECK(!pt_unmap(&pt, 0x400000).present);
	pt_destroy(&pt);
	fixture_destroy(&f);
}

KTEST(pagetable_hides_what_cannot_be_read)
{
	struct fixture f = fixture_create(100);
	struct pagetable pt = create_space(&f);
	uint64_t *table;

	KCHECK(pt_map(&pt, 0, PADDR(0x5000), 0) == OK);
	KCHECK(pt_lookup(&pt, 0).page.value == 0x5000);
	pt_protect(&pt, 0, PT_READ);
	pt_protect(&pt, 0, PT_EXECUTE);
	KCHECK(pt_lookup(&pt, 0).page.value == 0x5000);
	KCHECK(pt_lookup(&pt, 0).flags == PT_EXECUTE);
	table = direct(pt.root);
	for (int level = LEVELS; level > 1; level--)
		table = table_of(table[0]);
	KCHECK(!(table[0] & PTE_PRESENT) && (table[0] & PTE_ADDRESS) > DIRECT_BYTES_MAX);
	pt_destroy(&pt);
	fixture_destroy(&f);
}

KTEST(pagetable_next_skips_gaps)
{
	static const uint64_t wanted[] = {0, 0x1000, 0x1ff000, FAR_APART, GUEST_END - PAGE_SIZE};
	struct fixture f = fixture_create(100);
	struct pagetable pt = create_space(&f);
	struct pt_entry e;
	uint64_t va = 0;

	for (unsigned i = 0; i < 5; i++)
		KCHECK(pt_map(&pt, wanted[i], PADDR(0x1000), PT_READ) == OK);
	for (unsigned i = 0; i < 5; i++, va += PAGE_SIZE)
		KCHECK(pt_next(&pt, &va, GUEST_END, &e) && va == wanted[i]);
	KCHECK(!pt_next(&pt, &va, GUEST_END, &e));
	va = 0x2000;
	KCHECK(!pt_next(&pt, &va, 0x1ff000, &e));
	pt_destroy(&pt);
	fixture_destroy(&f);
}

static void drop(struct pagetable *pt, uint64_t start, uint64_t end)
{
	unsigned budget = STEP_BUDGET;

	KCHECK(pt_drop(pt, &start, end, &budget) && start == end);
}

KTEST(pagetable_frees_tables_that_become_empty)
{
	struct fixture f = fixture_create(100);
	struct pagetable pt = create_space(&f);
	uint64_t free_before = page_free_count();

	KCHECK(pt_map(&pt, FAR_APART, PADDR(0x1000), PT_READ) == OK);
	KCHECK(pt_map(&pt, FAR_APART + LARGE_PAGE, PADDR(0x1000), PT_READ) == OK);
	KCHECK(page_free_count() == free_before - 4 && pt.resident == 2);
	drop(&pt, FAR_APART + PAGE_SIZE, FAR_APART + LARGE_PAGE);
	KCHECK(page_free_count() == free_before - 4 && pt.resident == 2);
	drop(&pt, FAR_APART, FAR_APART + PAGE_SIZE);
	KCHECK(page_free_count() == free_before - 3 && pt.resident == 1);
	pt_unmap(&pt, FAR_APART + LARGE_PAGE);
	KCHECK(page_free_count() == free_before - 3 && pt.resident == 0);
	drop(&pt, 0, GUEST_END);
	KCHECK(page_free_count() == free_before);
	pt_destroy(&pt);
	fixture_destroy(&f);
}

/* A table that was freed is given out again without being cleared. */
KTEST(pagetable_pages_come_back_clear)
{
	struct fixture f = fixture_create(100);
	struct pagetable pt = create_space(&f);
	paddr_t frames[5];

	for (unsigned i = 0; i < TABLE_ENTRIES; i += 7)
		KCHECK(pt_map(&pt, i * PAGE_SIZE, PADDR(0x1000), PT_READ) == OK);
	drop(&pt, 0, GUEST_END);
	pt_destroy(&pt);
	for (unsigned i = 0; i < 5; i++) {
		const uint64_t *page;

		frames[i] = page_alloc_zeroed(f.domain);
		page = direct(frames[i]);
		for (unsigned j = 0; j < PAGE_SIZE / 8; j++)
			KCHECK(!page[j]);
	}
	for (unsigned i = 0; i < 5; i++)
		page_unref(frames[i]);
	fixture_destroy(&f);
}

KTEST(monitor_root_mirrors_without_execution)
{
	struct fixture f = fixture_create(200);
	struct pagetable pt = create_space(&f), native;
	const uint64_t *guest = direct(pt.root), *monitor = direct(pt.monitor_root);

	KCHECK(pt_create_native(&native, f.domain) == OK);
	pt_attach_monitor(&pt, &native);
	KCHECK(pt_map(&pt, 2 * FAR_APART, PADDR(0x1000), PT_READ | PT_EXECUTE) == OK);
	KCHECK(guest[4] && monitor[4] == (guest[4] | PTE_NX));
	KCHECK(pt_map(&native, NATIVE_BASE, PADDR(0x1000), PT_READ) == OK);
	for (unsigned i = WINDOW_SLOT; i < WINDOW_SLOT + WINDOW_SLOTS; i++) {
		KCHECK(!guest[i]);
		KCHECK(monitor[i] && monitor[i] == ((uint64_t *)direct(native.root))[i]);
	}
	drop(&pt, 0, GUEST_END);
	KCHECK(pt_map(&pt, 0, PADDR(0x1000), PT_READ) == OK);
	drop(&pt, 0, FAR_APART);
	KCHECK(!guest[0] && !monitor[0]);
	pt_destroy(&pt);
	pt_destroy(&native);
	fixture_destroy(&f);
}

/* The guest's entries with their own rights, beside the monitor's window; a page less than with two roots. */
KTEST(one_root_shows_guest_and_monitor)
{
	struct fixture f = fixture_create(200);
	struct pagetable pt, native;
	uint64_t free_before = page_free_count();
	const uint64_t *root;

	KCHECK(pt_create_space(&pt, f.domain, true) == OK);
	KCHECK(page_free_count() == free_before - 1 && pt.root.value == pt.monitor_root.value);
	KCHECK(pt_create_native(&native, f.domain) == OK);
	pt_attach_monitor(&pt, &native);
	root = direct(pt.root);
	KCHECK(pt_map(&pt, 2 * FAR_APART, PADDR(0x1000), PT_READ | PT_EXECUTE) == OK);
	KCHECK(root[4] && !(root[4] & PTE_NX));
	for (unsigned i = WINDOW_SLOT; i < WINDOW_SLOT + WINDOW_SLOTS; i++)
		KCHECK(root[i] && root[i] == ((uint64_t *)direct(native.root))[i]);
	pt_check(&pt);
	drop(&pt, 0, GUEST_END);
	KCHECK(!root[4] && root[WINDOW_SLOT]);
	KCHECK(pt_map(&pt, 0, PADDR(0x1000), PT_READ) == OK);
	pt_destroy(&pt);
	KCHECK(pt_map(&native, NATIVE_BASE, PADDR(0x1000), PT_READ) == OK); /* still whole */
	pt_check(&native);
	pt_destroy(&native);
	KCHECK(page_free_count() == free_before);
	fixture_destroy(&f);
}

KTEST(pagetable_out_of_memory_is_an_error)
{
	struct fixture f = fixture_create(100);
	uint64_t va = 0;
	struct pagetable pt = create_space(&f);

	while (pt_map(&pt, va, PADDR(0x1000), PT_READ) == OK)
		va += FAR_APART / 2;
	KCHECK(va > 0);
	KCHECK(!pt_lookup(&pt, va).present);
	pt_destroy(&pt);
	fixture_destroy(&f);
}
