/*
 * The invariants of page tables, for debug kernels: counts are what is there, a shared table holds nothing but private
 * leaves, and a monitor's own root repeats the lower half. The window in a space's root is its monitor's.
 */
#include <base/assert.h>
#include "arch/x86_64/pagetable_walk.h"

static void check_leaves(const uint64_t *table, uint64_t entry)
{
	const struct page *page = table_page(table);
	unsigned entries = 0;
	unsigned owned = 0;

	for (unsigned i = 0; (i = skip_empty(table, i, TABLE_ENTRIES)) < TABLE_ENTRIES; i++) {
		entries++;
		owned += (table[i] & PTE_PRIVATE) != 0;
	}
	ASSERT(page->refs > 0 && page->entries == entries && page->owned == owned);
	ASSERT(is_shared_table(entry) ? owned == entries : page->refs == 1);
}

/* The entries [first, end) of a table of this level, and what is below them; how many there are. */
static unsigned check_entries(const uint64_t *table, unsigned first, unsigned end, int level)
{
	unsigned count = 0;

	for (unsigned i = first; (i = skip_empty(table, i, end)) < end; i++) {
		const uint64_t *below = table_of(table[i]);

		count++;
		if (level == 2)
			check_leaves(below, table[i]);
		else
			ASSERT(check_entries(below, 0, TABLE_ENTRIES, level - 1) ==
			       table_page(below)->entries);
	}
	return count;
}

void pt_check(const struct pagetable *pt)
{
	const uint64_t *root = direct(pt->root);
	const uint64_t *mirror = direct(pt->monitor_root);
	unsigned own_slots = pt->monitor_root.value ? LOWER_SLOTS : KERNEL_SLOT;

	ASSERT(check_entries(root, 0, own_slots, LEVELS) == table_page(root)->entries);
	for (unsigned i = 0; has_mirror(pt) && i < LOWER_SLOTS; i++)
		ASSERT((mirror[i] & PTE_ADDRESS) == (root[i] & PTE_ADDRESS));
}
