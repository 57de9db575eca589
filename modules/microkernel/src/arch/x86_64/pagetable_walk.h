/*
 * What the files about page tables share.
 */
#pragma once
#include "arch/x86_64/pte.h"
#include "page.h"

#define USER_TABLE (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define LOWER_SLOTS 256u

/* Where a table keeps its counts, and how many trees it is part of (refs). */
static inline struct page *table_page(const uint64_t *table)
{
	return page_of(direct_paddr(table));
}

/* A confined space whose monitor has a root of its own. */
static inline bool has_mirror(const struct pagetable *pt)
{
	return pt->monitor_root.value && pt->monitor_root.value != pt->root.value;
}

/*
 * The entry for va at the given level, following what is there. Null when a table on the way is missing; then
 * *out_missing (may be null) is the level of the empty entry, whose whole span is empty.
 */
static inline uint64_t *pt_walk(const struct pagetable *pt, uint64_t va, int level,
                                int *out_missing)
{
	uint64_t *table = direct(pt->root);

	for (int l = LEVELS; l > level; l--) {
		uint64_t entry = table[level_index(va, l)];

		if (!(entry & PTE_PRESENT)) {
			if (out_missing)
				*out_missing = l;
			return NULL;
		}
		table = table_of(entry);
	}
	return &table[level_index(va, level)];
}

/*
 * A leaf that the CPU must not see has its address inverted, so that it points beyond all RAM: some CPUs
 * use it speculatively in spite of the clear present bit (L1 terminal fault).
 */
static inline uint64_t pte_invert_hidden(uint64_t entry)
{
	return entry & PTE_PRESENT ? entry : entry ^ PTE_ADDRESS;
}

/* The page of a leaf that is not 0. */
static inline paddr_t leaf_page(uint64_t leaf)
{
	return PADDR(pte_invert_hidden(leaf) & PTE_ADDRESS);
}

uint64_t pte_encode(uint64_t page, unsigned flags);

/* The first entry of [index, end) that is not 0, or end. Tables are mostly empty, so it looks at many at once. */
static inline unsigned skip_empty(const uint64_t *table, unsigned index, unsigned end)
{
	if (index < end && table[index])
		return index;
	for (; index + 8 <= end; index += 8) {
		const uint64_t *t = &table[index];

		if (t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7])
			break;
	}
	while (index < end && !table[index])
		index++;
	return index;
}

/* The end of the span that an entry of this level has around va, or end. */
static inline uint64_t span_end(uint64_t va, int level, uint64_t end)
{
	uint64_t next = (va & ~(level_span(level) - 1)) + level_span(level);

	return next && next < end ? next : end;
}

/* In a table of leaves that shows [at, end): the index after the last, and where another index is. */
static inline unsigned leaf_stop(uint64_t at, uint64_t end)
{
	return level_index(at, 1) + (unsigned)((end - at) >> PAGE_SHIFT);
}

static inline uint64_t leaf_address(uint64_t at, unsigned index)
{
	return (at & ~(PT_TABLE_SPAN - 1)) + ((uint64_t)index << PAGE_SHIFT);
}

/* The entry above a table of leaves that several trees may share lacks PTE_WRITE, so that the CPU writes to no page
 * below it. */
static inline bool is_shared_table(uint64_t directory_entry)
{
	return !(directory_entry & PTE_WRITE);
}

/* The entry above the next table of leaves in [*va, end); null at the end, or when the budget did not do. */
uint64_t *pt_find_table(const struct pagetable *pt, uint64_t *va, uint64_t end, unsigned *budget);
/* The entry for va at the given level, with the tables above made as needed; null when memory ran out. */
uint64_t *pt_make(struct pagetable *pt, uint64_t va, int level);
/* A new table below an entry that is 0, which is in a table that va leads to. */
uint64_t *pt_add_table(struct pagetable *pt, uint64_t *entry);
/* Changes an entry above the leaves, in the monitor's root too. */
void pt_set_entry(struct pagetable *pt, uint64_t *entry, uint64_t value);
/* Frees the tables on the way to va that are empty, from the one below an entry of this level upwards. */
void pt_free_empty(struct pagetable *pt, uint64_t va, int level);
/* A tree lets a shared table go; with the last one goes what it holds. */
void pt_leave_table(paddr_t table);

/* In tlb.c: the CPU idles, or its root dies; the kernel's own is loaded. */
void pt_leave(void);
/* In tlb.c: a few pages of the kernel's half, which are global, on all CPUs. */
void tlb_flush_kernel(uint64_t va, uint64_t pages);
/* In tlb.c: takes the tree off all CPUs that have it loaded. */
void pt_unload(const struct pagetable *pt);
