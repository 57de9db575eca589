/*
 * Clones of page tables. What would be copied for nothing is not copied: a table of private leaves becomes part of both
 * trees, read-only as a whole, until one of them has to change it. A table that holds little, or a part of one, is
 * copied at once, which costs less than the fault would.
 *
 * While a table is shared its leaves are changed in one way only: they may lose PTE_WRITE. That happens when a tree gets
 * a table of its own (or a part is copied): from then on the pages are shared. When the others are gone, the last tree
 * takes the table over as it is.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "progress.h"
#include "arch/x86_64/pagetable_walk.h"

#define SHARE_MIN 32u /* leaves: a table with less is copied */
#define NOT_COPIED (PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)

bool pt_is_sharable(const struct pagetable *from, const struct pagetable *to, uint64_t va)
{
	const uint64_t *entry = pt_walk(from, va, 2, NULL);
	const uint64_t *target = pt_walk(to, va, 2, NULL);
	const struct page *page = entry && *entry ? table_page(table_of(*entry)) : NULL;

	return page && page->entries >= SHARE_MIN && page->owned == page->entries &&
	       !(target && *target);
}

status_t pt_share(struct pagetable *from, struct pagetable *to, uint64_t va)
{
	uint64_t *entry = pt_walk(from, va, 2, NULL);
	uint64_t *copy = pt_make(to, va, 2);
	paddr_t table = PADDR(*entry & PTE_ADDRESS);

	if (!copy)
		return E_NOMEM;
	ASSERT(!*copy);
	page_ref(table);
	pt_set_entry(to, copy, (table.value | USER_TABLE) & ~PTE_WRITE);
	to->resident += page_of(table)->entries;
	if (!is_shared_table(*entry)) {
		*entry &= ~PTE_WRITE;
		pt_flush(from, align_down(va, PT_TABLE_SPAN), TABLE_ENTRIES);
	}
	return OK;
}

/* A leaf for another table, with a reference of its own; from then on neither may be written. */
static uint64_t copy_leaf(uint64_t *leaf, bool *was_writable)
{
	uint64_t value = *leaf;

	if (value & PTE_PRIVATE)
		page_ref(leaf_page(value));
	if (value & PTE_PRIVATE && value & PTE_WRITE) {
		__atomic_fetch_and(leaf, ~PTE_WRITE, __ATOMIC_RELAXED);
		*was_writable = true;
	}
	return value & PTE_PRIVATE ? value & ~NOT_COPIED : value;
}

static void copy_all(uint64_t *from, uint64_t *to)
{
	bool was_writable;

	table_page(to)->entries = table_page(to)->owned = table_page(from)->entries;
	for (unsigned i = 0; (i = skip_empty(from, i, TABLE_ENTRIES)) < TABLE_ENTRIES; i++)
		to[i] = copy_leaf(&from[i], &was_writable);
}

/* The copy is complete before the old table is left, so whoever finds itself alone with that finds no leaf writable
 * whose page is shared. */
static status_t copy_table(struct pagetable *pt, uint64_t *entry)
{
	paddr_t old = PADDR(*entry & PTE_ADDRESS);
	paddr_t copy = page_alloc_table(pt->domain);

	if (!copy.value)
		return E_NOMEM;
	copy_all(direct(old), direct(copy));
	pt_set_entry(pt, entry, copy.value | USER_TABLE);
	return OK;
}

bool pt_is_shared(const struct pagetable *pt, uint64_t va)
{
	const uint64_t *entry = pt_walk(pt, va, 2, NULL);

	return entry && *entry && is_shared_table(*entry);
}

status_t pt_own(struct pagetable *pt, uint64_t va)
{
	uint64_t *entry = pt_walk(pt, va, 2, NULL);
	paddr_t old;
	status_t status;

	if (!entry || !*entry || !is_shared_table(*entry))
		return OK;
	old = PADDR(*entry & PTE_ADDRESS);
	if (__atomic_load_n(&page_of(old)->refs, __ATOMIC_ACQUIRE) == 1) {
		*entry |= PTE_WRITE;
		return OK;
	}
	status = copy_table(pt, entry);
	if (status != OK)
		return status;
	pt_flush(pt, va, 1); /* nobody looks at the old table on the way to a leaf any more */
	pt_leave_table(old);
	return OK;
}

/* One table's part. The target is made when there is something for it. */
struct table_copy {
	uint64_t *from;
	uint64_t *to; /* null: not made yet */
	bool with_objects;
	bool was_writable;
};

static bool is_wanted(const struct table_copy *copy, unsigned index)
{
	uint64_t leaf = copy->from[index];

	return leaf && (copy->with_objects || leaf & PTE_PRIVATE) && !(copy->to && copy->to[index]);
}

static uint64_t *make_target(struct pagetable *to, uint64_t va)
{
	uint64_t *entry = pt_make(to, va, 2);

	if (!entry)
		return NULL;
	ASSERT(!*entry || !is_shared_table(*entry));
	return *entry ? table_of(*entry) : pt_add_table(to, entry);
}

static status_t copy_leaves(struct table_copy *copy, struct pagetable *to, uint64_t *at,
                            uint64_t end, unsigned *budget)
{
	unsigned stop = leaf_stop(*at, end);

	for (unsigned i = level_index(*at, 1); (i = skip_empty(copy->from, i, stop)) < stop; i++) {
		*at = leaf_address(*at, i);
		if (!is_wanted(copy, i))
			continue;
		if (!budget_take(budget))
			return STATUS_MORE;
		if (!copy->to)
			copy->to = make_target(to, *at);
		if (!copy->to)
			return E_NOMEM;
		copy->to[i] = copy_leaf(&copy->from[i], &copy->was_writable);
		table_page(copy->to)->entries++;
		table_page(copy->to)->owned += !!(copy->to[i] & PTE_PRIVATE);
		to->resident++;
	}
	*at = end;
	return OK;
}

status_t pt_copy(struct pagetable *from, struct pagetable *to, uint64_t *at, uint64_t end,
                 bool with_objects, unsigned *budget)
{
	const uint64_t *source = pt_walk(from, *at, 2, NULL);
	const uint64_t *target = pt_walk(to, *at, 2, NULL);
	struct table_copy copy = {.with_objects = with_objects};
	uint64_t first = *at;
	status_t status;

	if (!source || !*source)
		return OK;
	copy.from = table_of(*source);
	copy.to = target && *target ? table_of(*target) : NULL;
	status = copy_leaves(&copy, to, at, end, budget);
	if (copy.was_writable)
		pt_flush(from, first, (*at - first) >> PAGE_SHIFT);
	return status;
}
