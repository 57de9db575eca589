/*
 * Going through the tables of a range: finding the next one, changing and counting leaves.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include "progress.h"
#include "arch/x86_64/pagetable_walk.h"

#define SEARCH_COST 8u /* of a step's budget, for tables that were looked through in vain */

/* In a table that va leads to: on to the first entry that is not 0. False when there is none before end in it. */
static bool next_entry(const uint64_t *table, uint64_t *va, uint64_t end, int level)
{
	uint64_t first = level_index(*va, level);
	uint64_t last = first + ((end - 1) >> level_shift(level)) - (*va >> level_shift(level));
	unsigned stop = (unsigned)MIN(last + 1, TABLE_ENTRIES);
	unsigned index = skip_empty(table, (unsigned)first, stop);

	if (index > first)
		*va = align_down(*va, level_span(level)) + (index - first) * level_span(level);
	return index < stop;
}

static uint64_t *search(const struct pagetable *pt, uint64_t *va, uint64_t end, unsigned *budget)
{
	uint64_t *table = direct(pt->root);
	int level = LEVELS;

	while (*va<end && * budget> 0) {
		if (next_entry(table, va, end, level)) {
			uint64_t *entry = &table[level_index(*va, level)];

			if (level-- == 2) {
				--*budget;
				return entry;
			}
			table = table_of(*entry);
		} else if (*va < end) {
			*budget -= MIN(*budget, SEARCH_COST);
			table = direct(pt->root);
			level = LEVELS;
		}
	}
	*va = MIN(*va, end);
	return NULL;
}

/* Mostly it is there, or all of the range is empty. */
uint64_t *pt_find_table(const struct pagetable *pt, uint64_t *va, uint64_t end, unsigned *budget)
{
	int missing = 2;
	uint64_t *entry;

	if (*va >= end || *budget == 0)
		return NULL;
	entry = pt_walk(pt, *va, 2, &missing);
	if (entry && *entry) {
		--*budget;
		return entry;
	}
	*va = span_end(*va, missing, end);
	return *va < end ? search(pt, va, end, budget) : NULL;
}

bool pt_next_table(const struct pagetable *pt, uint64_t *at, uint64_t end, unsigned *budget)
{
	return pt_find_table(pt, at, end, budget);
}

/* Atomic: another CPU may be setting the accessed and dirty bits. */
static void restrict_leaf(uint64_t *leaf, uint64_t bits, uint64_t kept)
{
	uint64_t old = *leaf;
	uint64_t new;

	do {
		new = pte_invert_hidden(bits | (pte_invert_hidden(old) & kept));
	} while (!__atomic_compare_exchange_n(leaf, &old, new, false, __ATOMIC_RELAXED,
	                                      __ATOMIC_RELAXED));
}

/* Of one table. bits: what all leaves get; kept: what each keeps of its own. */
static bool restrict_leaves(uint64_t *table, uint64_t *at, uint64_t end, uint64_t bits,
                            uint64_t kept, unsigned *budget)
{
	unsigned stop = leaf_stop(*at, end);

	for (unsigned i = level_index(*at, 1); (i = skip_empty(table, i, stop)) < stop; i++) {
		*at = leaf_address(*at, i);
		if (!budget_take(budget))
			return false;
		restrict_leaf(&table[i], bits, kept);
	}
	*at = end;
	return true;
}

bool pt_restrict(struct pagetable *pt, uint64_t *at, uint64_t end, unsigned flags, unsigned *budget)
{
	uint64_t bits = pte_encode(0, (flags & ~PT_WRITE) | PT_READ);
	uint64_t kept = PTE_ADDRESS | PTE_PRIVATE | PTE_ACCESSED | PTE_DIRTY;
	const uint64_t *entry;

	if (!(flags & PT_READ))
		bits &= ~PTE_PRESENT;
	if (flags & PT_WRITE)
		kept |= PTE_WRITE;
	while ((entry = pt_find_table(pt, at, end, budget)) != NULL) {
		uint64_t first = *at;
		bool is_done;

		ASSERT(!is_shared_table(*entry));
		is_done = restrict_leaves(table_of(*entry), at, span_end(first, 2, end), bits, kept,
		                          budget);
		pt_flush(pt, first, (*at - first) >> PAGE_SHIFT);
		if (!is_done)
			return false;
	}
	return *at >= end;
}

/* A whole table has its number in its counts. */
static unsigned count_leaves(const uint64_t *table, uint64_t at, uint64_t end)
{
	unsigned count = 0;

	if (end - at == PT_TABLE_SPAN)
		return table_page(table)->entries;
	for (unsigned i = level_index(at, 1), stop = leaf_stop(at, end);
	     (i = skip_empty(table, i, stop)) < stop; i++)
		count++;
	return count;
}

bool pt_count(const struct pagetable *pt, uint64_t *at, uint64_t end, uint64_t *count,
              unsigned *budget)
{
	const uint64_t *entry;

	while ((entry = pt_find_table(pt, at, end, budget)) != NULL) {
		uint64_t stop = span_end(*at, 2, end);

		*count += count_leaves(table_of(*entry), *at, stop);
		*at = stop;
	}
	return *at >= end;
}
