/*
 * Giving page tables back: leaves of a range with what they hold, tables that are empty then, or a whole tree.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include "progress.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"

#define BATCH 32u /* leaves that are taken out between two flushes */

/* A native window's top-level tables stay: monitors' roots point at them. */
void pt_free_empty(struct pagetable *pt, uint64_t va, int level)
{
	int top = pt->monitor_root.value ? LEVELS : LEVELS - 1;

	for (; level <= top; level++) {
		uint64_t *entry = pt_walk(pt, va, level, NULL);
		paddr_t table;

		if (!entry || !*entry || table_page(table_of(*entry))->entries)
			return;
		table = PADDR(*entry & PTE_ADDRESS);
		pt_set_entry(pt, entry, 0);
		pt_flush(pt, va, 1);
		page_free_table(table);
	}
}

/* Takes up to BATCH leaves from table[*index] on; returns how many. */
static unsigned take_leaves(uint64_t *table, unsigned *index, unsigned end, unsigned max,
                            uint64_t *out)
{
	unsigned count = 0;

	while (count < max && (*index = skip_empty(table, *index, end)) < end) {
		out[count++] = table[*index];
		table[(*index)++] = 0;
	}
	return count;
}

static unsigned give_up(const uint64_t *leaves, unsigned count)
{
	unsigned owned = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!(leaves[i] & PTE_PRIVATE))
			continue;
		page_unref(leaf_page(leaves[i]));
		owned++;
	}
	return owned;
}

/* Of one table, which is this tree's own. */
static bool drop_leaves(struct pagetable *pt, uint64_t *table, uint64_t *at, uint64_t end,
                        unsigned *budget)
{
	struct page *page = table_page(table);
	unsigned index = level_index(*at, 1);
	unsigned stop = leaf_stop(*at, end);

	while (index < stop && page->entries) {
		uint64_t leaves[BATCH];
		unsigned first = index;
		unsigned max = MIN(MIN(BATCH, *budget), page->entries);
		unsigned count = take_leaves(table, &index, stop, max, leaves);

		*budget -= count;
		page->entries -= count;
		pt->resident -= count;
		pt_flush(pt, *at, index - first);
		page->owned -= give_up(leaves, count);
		*at += (uint64_t)(index - first) << PAGE_SHIFT;
		if (*budget == 0 && index < stop)
			return false;
	}
	*at = end;
	return true;
}

void pt_leave_table(paddr_t table)
{
	struct page *page = page_of(table);
	unsigned index = 0;
	uint64_t leaves[BATCH];

	if (page_leave(table))
		return;
	while (page->entries) {
		unsigned count = take_leaves(direct(table), &index, TABLE_ENTRIES,
		                             MIN(BATCH, page->entries), leaves);

		page->entries -= count;
		page->owned -= give_up(leaves, count);
	}
	page_free_table(table);
}

/* In one piece, whatever the budget. */
static void drop_shared(struct pagetable *pt, uint64_t *entry, uint64_t va, unsigned *budget)
{
	paddr_t table = PADDR(*entry & PTE_ADDRESS);
	unsigned count = page_of(table)->entries;

	if (page_of(table)->refs == 1)
		*budget -= MIN(*budget, count);
	pt->resident -= count;
	pt_set_entry(pt, entry, 0);
	pt_flush(pt, align_down(va, PT_TABLE_SPAN), TABLE_ENTRIES);
	pt_leave_table(table);
	pt_free_empty(pt, va, 3);
}

/* Of a shared table either nothing is in the range, or all. */
static bool drop_from_table(struct pagetable *pt, uint64_t *entry, uint64_t *at, uint64_t end,
                            unsigned *budget)
{
	uint64_t va = *at;
	uint64_t *table = table_of(*entry);
	unsigned stop = leaf_stop(va, end);

	if (!is_shared_table(*entry)) {
		if (!drop_leaves(pt, table, at, end, budget))
			return false;
		if (!table_page(table)->entries)
			pt_free_empty(pt, va, 2);
		return true;
	}
	if (skip_empty(table, level_index(va, 1), stop) < stop)
		drop_shared(pt, entry, va, budget);
	*at = end;
	return true;
}

bool pt_drop(struct pagetable *pt, uint64_t *at, uint64_t end, unsigned *budget)
{
	uint64_t *entry;

	while ((entry = pt_find_table(pt, at, end, budget)) != NULL)
		if (!drop_from_table(pt, entry, at, span_end(*at, 2, end), budget))
			return false;
	return *at >= end;
}

/* The content of a table that a test has left is of no interest, and it need not be 0. */
static void free_table(uint64_t entry)
{
	paddr_t table = PADDR(entry & PTE_ADDRESS);

	if (page_of(table)->entries)
		page_unref(table);
	else
		page_free_table(table);
}

/* Frees the table of this level that an entry points to, after those below it. */
static void free_tables(uint64_t entry, int level)
{
	const uint64_t *table = table_of(entry);
	unsigned left = level > 1 ? table_page(table)->entries : 0;

	for (unsigned i = 0; left && i < TABLE_ENTRIES; i++) {
		if (!table[i])
			continue;
		free_tables(table[i], level - 1);
		left--;
	}
	free_table(entry);
}

/* What a window shows by now is another tree's. */
static void free_root(paddr_t root)
{
	uint64_t *table = direct(root);

	if (!root.value)
		return;
	for (unsigned i = WINDOW_SLOT; i < WINDOW_SLOT + WINDOW_SLOTS; i++)
		table[i] = 0;
	kernel_map_leave(table);
	page_free_table(root);
}

static void free_roots(struct pagetable *pt)
{
	if (has_mirror(pt))
		free_root(pt->monitor_root);
	free_root(pt->root);
	pt->root = pt->monitor_root = PADDR(0);
}

/* Also for trees that pt_create_* could not complete. */
void pt_destroy(struct pagetable *pt)
{
	uint64_t *root = direct(pt->root);

	pt_unload(pt);
	for (unsigned i = 0; pt->root.value && table_page(root)->entries;) {
		uint64_t entry;

		i = skip_empty(root, i, KERNEL_SLOT);
		entry = root[i];
		pt_set_entry(pt, &root[i], 0);
		free_tables(entry, LEVELS - 1);
	}
	free_roots(pt);
}
