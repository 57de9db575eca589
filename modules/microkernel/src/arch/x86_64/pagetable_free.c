/*
 * Giving page tables back: empty ones below a range that was unmapped, or a whole tree.
 */
#include <base/bits.h>
#include <stddef.h>
#include "page.h"
#include "arch/x86_64/pagetable_walk.h"

#define LOWER_SLOTS 256u

static bool is_empty(const uint64_t *table)
{
	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		if (table[i])
			return false;
	return true;
}

static void clear_entry(struct pagetable *pt, uint64_t *entry)
{
	uint64_t *root = direct(pt->root);
	uint64_t *mirror = direct(pt->monitor_root);

	*entry = 0;
	if (pt->monitor_root.value && entry >= root && entry < root + LOWER_SLOTS)
		mirror[entry - root] = 0;
}

/* Frees the empty tables that entries of this level within [start, end) point to. */
static void prune_level(struct pagetable *pt, int level, uint64_t start, uint64_t end)
{
	uint64_t span = level_span(level);
	uint64_t at = align_up(start, span);

	while (at < end && end - at >= span) {
		int missing = level;
		uint64_t *entry = pt_walk(pt, at, level, &missing);

		if (entry && *entry & PTE_PRESENT && is_empty(table_of(*entry))) {
			paddr_t table = PADDR(*entry & PTE_ADDRESS);

			clear_entry(pt, entry);
			pt_forget_tables(pt);
			page_free_table(pt->domain, table);
		}
		at = align_down(at, level_span(missing)) + level_span(missing);
		if (at == 0)
			break;
	}
}

/* A native window's top-level tables stay: monitors' roots point at them. */
void pt_prune(struct pagetable *pt, uint64_t start, uint64_t end)
{
	int top = pt->monitor_root.value ? LEVELS : LEVELS - 1;

	for (int level = 2; level <= top; level++)
		prune_level(pt, level, start, end);
}

/* Frees the tables below one of level 2 (a page directory), then itself. */
static void free_directory(struct domain *domain, uint64_t entry)
{
	const uint64_t *table = table_of(entry);

	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		if (table[i] & PTE_PRESENT)
			page_free_table(domain, PADDR(table[i] & PTE_ADDRESS));
	page_free_table(domain, PADDR(entry & PTE_ADDRESS));
}

static void free_slot(struct domain *domain, uint64_t entry)
{
	const uint64_t *table = table_of(entry);

	for (unsigned i = 0; i < TABLE_ENTRIES; i++)
		if (table[i] & PTE_PRESENT)
			free_directory(domain, table[i]);
	page_free_table(domain, PADDR(entry & PTE_ADDRESS));
}

/* Also for trees that pt_create_* could not complete. */
void pt_destroy(struct pagetable *pt)
{
	bool is_space = pt->monitor_root.value;
	unsigned first = is_space ? 0 : WINDOW_SLOT;
	unsigned last = is_space ? LOWER_SLOTS : WINDOW_SLOT + WINDOW_SLOTS;
	const uint64_t *root = direct(pt->root);

	pt_unload(pt);
	for (unsigned i = first; pt->root.value && i < last; i++)
		if (root[i] & PTE_PRESENT)
			free_slot(pt->domain, root[i]);
	if (pt->root.value)
		page_free_table(pt->domain, pt->root);
	if (pt->monitor_root.value)
		page_free_table(pt->domain, pt->monitor_root);
	pt->root = pt->monitor_root = PADDR(0);
}
