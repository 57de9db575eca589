/*
 * Going through the tables of a range: finding the next one, changing and counting leaves.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "progress.h"
#include "arch/x86_64/pagetable_walk.h"

/* Of a step's budget: tables that were looked through in vain; tables made, or made a tree's own, for leaves to move. */
#define SEARCH_COST 8u
#define PREPARE_COST 32u

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

	while (*budget && *va < end) {
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

/* A table of leaves at this place that can be changed; null when memory ran out. */
static uint64_t *make_table(struct pagetable *pt, uint64_t va)
{
	uint64_t *entry = pt_make(pt, va, 2);

	if (!entry)
		return NULL;
	if (!*entry)
		return pt_add_table(pt, entry);
	return pt_own(pt, va) == OK ? table_of(*entry) : NULL;
}

/* Of the leaves of one table, [at, stop), those that come to lie in one table when they move by so much. */
static uint64_t part_stop(uint64_t at, uint64_t stop, uint64_t by)
{
	return MIN(stop, align_down(at + by, PT_TABLE_SPAN) + PT_TABLE_SPAN - by);
}

static bool has_leaf(const uint64_t *table, uint64_t at, uint64_t stop)
{
	unsigned end = leaf_stop(at, stop);

	return skip_empty(table, level_index(at, 1), end) < end;
}

status_t pt_prepare_move(struct pagetable *pt, uint64_t *at, uint64_t end, uint64_t by,
                         unsigned *budget)
{
	const uint64_t *entry;

	while ((entry = pt_find_table(pt, at, end, budget)) != NULL) {
		uint64_t stop = part_stop(*at, span_end(*at, 2, end), by);

		if (has_leaf(table_of(*entry), *at, stop)) {
			if (pt_own(pt, *at) != OK || !make_table(pt, *at + by))
				return E_NOMEM;
			*budget -= MIN(*budget, PREPARE_COST);
		}
		*at = stop;
	}
	return *at < end ? STATUS_MORE : OK;
}

static void move_leaf(uint64_t *from, uint64_t *from_leaf, uint64_t *to, uint64_t *to_leaf)
{
	unsigned owned = !!(*from_leaf & PTE_PRIVATE);

	ASSERT(!*to_leaf);
	*to_leaf = *from_leaf;
	*from_leaf = 0;
	table_page(from)->entries--;
	table_page(from)->owned -= owned;
	table_page(to)->entries++;
	table_page(to)->owned += owned;
}

/* Leaves of one table to another one. */
static bool move_leaves(uint64_t *from, uint64_t *to, uint64_t *at, uint64_t stop, uint64_t by,
                        unsigned *budget)
{
	unsigned end = leaf_stop(*at, stop);

	for (unsigned i = level_index(*at, 1); (i = skip_empty(from, i, end)) < end; i++) {
		*at = leaf_address(*at, i);
		if (!budget_take(budget))
			return false;
		move_leaf(from, &from[i], to, &to[level_index(*at + by, 1)]);
	}
	*at = stop;
	return true;
}

/* Those of [*at, stop), which lie in one table and come to lie in one. */
static status_t move_part(struct pagetable *pt, uint64_t *at, uint64_t stop, uint64_t by,
                          unsigned *budget)
{
	uint64_t first = *at;
	uint64_t *from, *to;
	bool is_done;

	if (pt_own(pt, first) != OK)
		return E_NOMEM;
	to = make_table(pt, first + by);
	if (!to)
		return E_NOMEM;
	from = table_of(*pt_walk(pt, first, 2, NULL));
	is_done = move_leaves(from, to, at, stop, by, budget);
	pt_flush(pt, first, (*at - first) >> PAGE_SHIFT);
	if (!table_page(from)->entries)
		pt_free_empty(pt, first, 2);
	return is_done ? OK : STATUS_MORE;
}

status_t pt_move(struct pagetable *pt, uint64_t *at, uint64_t end, uint64_t by, unsigned *budget)
{
	const uint64_t *entry;

	while ((entry = pt_find_table(pt, at, end, budget)) != NULL) {
		uint64_t stop = part_stop(*at, span_end(*at, 2, end), by);
		status_t status = OK;

		if (has_leaf(table_of(*entry), *at, stop))
			status = move_part(pt, at, stop, by, budget);
		else
			*at = stop;
		if (status != OK)
			return status;
	}
	return *at < end ? STATUS_MORE : OK;
}
