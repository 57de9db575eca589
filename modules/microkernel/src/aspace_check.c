/*
 * The invariants of an address space, for debug kernels: mappings lie apart and inside the bounds; every page-table
 * entry belongs to a mapping and shows either a private page that is held or the page that its memory object has
 * there now. An entry that outlives its page would be the worst fault this kernel could have.
 */
#include <base/assert.h>
#include <base/bits.h>
#include "aspace.h"
#include "memory.h"
#include "page.h"

/* Between the steps of an operation: beyond the end, or of a page that is being taken out or protected. */
static bool is_passing(const struct memory *memory, uint64_t offset, paddr_t entry, paddr_t page)
{
	if (offset >= memory->bytes)
		return memory->cut_at != UINT64_MAX;
	return memory->sweep.is_on && memory->sweep.offset == offset &&
	       entry.value == (page.value | memory->sweep.page.value);
}

static void check_entry(const struct mapping *mapping, uint64_t va, const struct pt_entry *entry)
{
	uint64_t offset = mapping->offset + (va - mapping->start);
	bool may_write = false;
	paddr_t page;

	if (entry->flags & PT_PRIVATE) {
		ASSERT(page_of(entry->page)->refs > 0 && page_is_ram(entry->page));
		ASSERT(!(entry->flags & PT_WRITE) || !page_is_shared(entry->page));
		ASSERT(!mapping->memory || !pt_is_shared(&mapping->aspace->pt, va));
		return;
	}
	ASSERT(mapping->memory && !pt_is_shared(&mapping->aspace->pt, va));
	page = memory_present_page(mapping->memory, offset, &may_write);
	if (is_passing(mapping->memory, offset, entry->page, page))
		return;
	ASSERT(page.value == entry->page.value);
	ASSERT(!(entry->flags & PT_WRITE) || (may_write && !(mapping->flags & MAP_PRIVATE)));
}

static uint64_t check_mapping(const struct mapping *mapping, const struct aspace *aspace)
{
	struct pt_entry entry;
	uint64_t pages = 0;

	ASSERT(mapping->aspace == aspace && mapping->by_address.key == mapping->start);
	ASSERT(mapping->start < mapping->end &&
	       is_aligned(mapping->start | mapping->end | mapping->offset, PAGE_SIZE));
	ASSERT(!mapping->memory || mapping->node.kind == DERIVATION_MAPPING);
	for (uint64_t va = mapping->start; pt_next(&aspace->pt, &va, mapping->end, &entry);
	     va += PAGE_SIZE) {
		ASSERT(!(entry.flags & PT_WRITE) || mapping->flags & MAP_WRITE ||
		       mapping->is_changing);
		check_entry(mapping, va, &entry);
		pages++;
	}
	return pages;
}

void aspace_check(const struct aspace *aspace)
{
	uint64_t at = aspace->low, bytes = 0, inside = 0, all = 0;
	struct pt_entry entry;
	struct tree_node *node;
	bool has_recent = !aspace->recent;

	tree_for_each (node, &aspace->mappings) {
		const struct mapping *mapping = container_of(node, struct mapping, by_address);

		has_recent |= mapping == aspace->recent;
		ASSERT(mapping->start >= at && mapping->end <= aspace->high);
		at = mapping->end;
		bytes += mapping->end - mapping->start;
		inside += check_mapping(mapping, aspace);
	}
	for (uint64_t va = aspace->low; pt_next(&aspace->pt, &va, aspace->high, &entry);
	     va += PAGE_SIZE)
		all++;
	pt_check(&aspace->pt);
	ASSERT(has_recent && bytes == aspace_bytes(aspace) && inside == aspace->pt.resident &&
	       all == inside);
}
