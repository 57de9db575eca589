/*
 * Going through the mappings of a memory object for the sake of one page (the reverse map). While a page is on its way
 * out its slot holds SLOT_SWEPT, so nobody enters it again behind the sweep, and nobody writes to its heir while
 * others still see the old content. Mappings come and go meanwhile: new ones are put behind the place of the sweep.
 */
#include "sweep.h"
#include <base/assert.h>
#include <base/bits.h>
#include "mapping.h"
#include "memory.h"
#include "page.h"

#define CHANGE_COST 4u /* of a step's budget: an entry goes, and all CPUs hear of it */

static bool visit(const struct sweep *sweep, struct mapping *mapping)
{
	uint64_t va = mapping->start + (sweep->offset - mapping->offset);

	if (sweep->offset < mapping->offset || va >= mapping->end)
		return false;
	return sweep->page.value ? mapping_drop_shared_page(mapping, va)
	                         : mapping_protect_shared_page(mapping, va);
}

static void visit_all(struct memory *memory, const struct sweep *sweep)
{
	struct list *at;

	list_for_each (at, &memory->mappings)
		visit(sweep, list_entry(at, struct mapping, reverse));
}

static bool visit_some(struct memory *memory, struct sweep *sweep, unsigned *budget)
{
	struct list *next;

	while ((next = sweep->at.next) != &memory->mappings) {
		if (!budget_take(budget))
			return false;
		if (visit(sweep, list_entry(next, struct mapping, reverse)))
			*budget -= MIN(*budget, CHANGE_COST);
		list_remove(&sweep->at);
		list_insert_before(&sweep->at, next->next);
	}
	return true;
}

/* No mapping shows the page. */
static void replace(struct memory *memory, const struct sweep *sweep, uint64_t *slot)
{
	if (!sweep->heir)
		memory->resident--;
	*slot = sweep->heir;
	page_unref(sweep->page);
}

static void begin(struct memory *memory, const struct sweep *sweep)
{
	memory->sweep = *sweep;
	memory->sweep.is_on = true;
	list_insert_before(&memory->sweep.at, memory->mappings.next);
}

void sweep_out(struct memory *memory, uint64_t offset, uint64_t *slot, uint64_t heir)
{
	struct sweep sweep = {.page = slot_page(*slot), .offset = offset, .heir = heir};

	ASSERT(!memory->sweep.is_on);
	if (*slot & SLOT_DIRTY)
		memory->dirty--;
	if (memory->mapping_count > SWEEP_AT_ONCE) {
		*slot = SLOT_SWEPT;
		begin(memory, &sweep);
		return;
	}
	visit_all(memory, &sweep);
	replace(memory, &sweep, slot);
}

void sweep_write_protect(struct memory *memory, uint64_t offset)
{
	struct sweep sweep = {.offset = offset};

	ASSERT(!memory->sweep.is_on);
	if (memory->mapping_count > SWEEP_AT_ONCE)
		begin(memory, &sweep);
	else
		visit_all(memory, &sweep);
}

bool sweep_finish(struct memory *memory, unsigned *budget)
{
	struct sweep *sweep = &memory->sweep;

	if (!sweep->is_on)
		return true;
	if (!visit_some(memory, sweep, budget))
		return false;
	list_remove(&sweep->at);
	sweep->is_on = false;
	if (sweep->page.value)
		replace(memory, sweep, pagemap_find(&memory->pages, sweep->offset >> PAGE_SHIFT));
	return true;
}
