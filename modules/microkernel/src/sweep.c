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

/* An entry of the page goes, or loses the right to write. False when there is none to change. */
static bool visit(struct mapping *mapping, uint64_t offset, bool is_out)
{
	uint64_t va = mapping->start + (offset - mapping->offset);

	if (offset < mapping->offset || va >= mapping->end)
		return false;
	return is_out ? mapping_drop_shared_page(mapping, va)
	              : mapping_protect_shared_page(mapping, va);
}

static void visit_all(struct memory *memory, uint64_t offset, bool is_out)
{
	struct list *at;

	list_for_each (at, &memory->mappings)
		visit(list_entry(at, struct mapping, reverse), offset, is_out);
}

static bool visit_some(struct memory *memory, struct sweep *sweep, unsigned *budget)
{
	struct list *next;

	while ((next = sweep->at.next) != &memory->mappings) {
		if (!budget_take(budget))
			return false;
		if (visit(list_entry(next, struct mapping, reverse), sweep->offset,
		          sweep->page.value))
			*budget -= MIN(*budget, CHANGE_COST);
		list_remove(&sweep->at);
		list_insert_before(&sweep->at, next->next);
	}
	return true;
}

/* No mapping shows the page. */
static void replace(struct memory *memory, uint64_t *slot, paddr_t page, uint64_t heir)
{
	if (!heir)
		memory->resident--;
	*slot = heir;
	page_unref(page);
}

static void begin(struct memory *memory, uint64_t offset, paddr_t page, uint64_t heir)
{
	memory->sweep = (struct sweep){true, page, offset, heir, {NULL, NULL}};
	list_insert_before(&memory->sweep.at, memory->mappings.next);
}

void sweep_out(struct memory *memory, uint64_t offset, uint64_t *slot, uint64_t heir)
{
	paddr_t page = slot_page(*slot);

	ASSERT(!memory->sweep.is_on);
	if (*slot & SLOT_DIRTY)
		memory->dirty--;
	if (memory->mapping_count > SWEEP_AT_ONCE) {
		*slot = SLOT_SWEPT;
		begin(memory, offset, page, heir);
		return;
	}
	visit_all(memory, offset, true);
	replace(memory, slot, page, heir);
}

void sweep_write_protect(struct memory *memory, uint64_t offset)
{
	ASSERT(!memory->sweep.is_on);
	if (memory->mapping_count > SWEEP_AT_ONCE)
		begin(memory, offset, PADDR(0), 0);
	else
		visit_all(memory, offset, false);
}

bool sweep_go_on(struct memory *memory, unsigned *budget)
{
	struct sweep *sweep = &memory->sweep;

	if (!visit_some(memory, sweep, budget))
		return false;
	list_remove(&sweep->at);
	sweep->is_on = false;
	if (sweep->page.value)
		replace(memory, pagemap_find(&memory->pages, sweep->offset >> PAGE_SHIFT),
		        sweep->page, sweep->heir);
	return true;
}
