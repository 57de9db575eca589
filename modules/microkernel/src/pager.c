/*
 * What a pager does with its memory objects: provide pages, allow them to be written, take changes to write them
 * back, and evict. A page is clean (write-protected everywhere) or dirty; the first write to a clean page asks
 * the pager, which reserves disk space or refuses.
 *
 *   absent --supply--> clean --permit (after a write request)--> dirty --clean--> clean --evict--> absent
 */
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "domain.h"
#include "memory.h"
#include "page.h"

static status_t check_range(const struct memory *paged, uint64_t offset, uint64_t bytes)
{
	if (paged->kind != MEMORY_KIND_PAGED)
		return E_TYPE;
	if (!is_aligned(offset | bytes, PAGE_SIZE))
		return E_INVAL;
	if (offset + bytes < offset || offset + bytes > paged->bytes)
		return E_RANGE;
	return OK;
}

static status_t supply_page(struct memory *paged, uint64_t offset, struct memory *source,
                            uint64_t source_offset)
{
	uint64_t *from = pagemap_find(&source->pages, source_offset >> PAGE_SHIFT);
	uint64_t *to = pagemap_make(&paged->pages, paged->obj.domain, offset >> PAGE_SHIFT);
	paddr_t page;

	if (!to)
		return E_NOMEM;
	if (*to)
		return OK; /* there already: what is in the cache is newer */
	if (!from || !*from) {
		page = page_alloc_zeroed(paged->obj.domain);
		if (!page.value)
			return E_NOMEM;
	} else {
		page = slot_page(*from);
		if (page_is_shared(page) || source->mapping_count > SWEEP_AT_ONCE)
			return E_BUSY;
		if (!page_move_charge(page, paged->obj.domain))
			return E_NOMEM;
		page_ref(page);
		sweep_out(source, source_offset, from, 0);
	}
	*to = page.value;
	paged->resident++;
	return OK;
}

status_t memory_supply(struct memory *paged, uint64_t offset, struct memory *source,
                       uint64_t source_offset, uint64_t bytes, uint64_t *done, unsigned *budget)
{
	status_t status = check_range(paged, offset, bytes);

	if (status == OK && (source->kind != MEMORY_KIND_ANONYMOUS || source->flags & MEMORY_FIXED))
		status = E_TYPE;
	if (status == OK &&
	    (!is_aligned(source_offset, PAGE_SIZE) || source_offset + bytes < bytes ||
	     source_offset + bytes > source->bytes))
		status = E_RANGE;
	if (status == OK && !(sweep_finish(paged, budget) && sweep_finish(source, budget)))
		return STATUS_MORE;
	for (; status == OK && *done < bytes; *done += PAGE_SIZE) {
		if (!memory_take_budget(source, budget))
			return STATUS_MORE;
		status = supply_page(paged, offset + *done, source, source_offset + *done);
		if (status != OK)
			return status;
	}
	return status;
}

/* Does change to each present page of the range; progress->at is the index it has come to. */
static status_t change_pages(struct memory *paged, uint64_t offset, uint64_t bytes,
                             struct progress *progress, unsigned *budget,
                             void (*change)(struct memory *, uint64_t index, uint64_t *slot,
                                            uint64_t *count))
{
	status_t status = check_range(paged, offset, bytes);
	uint64_t *slot;

	if (status != OK)
		return status;
	progress->at = MAX(progress->at, offset >> PAGE_SHIFT);
	while (sweep_finish(paged, budget)) {
		slot = pagemap_next(&paged->pages, &progress->at);
		if (!slot || progress->at >= (offset + bytes) >> PAGE_SHIFT)
			return OK;
		if (!memory_take_budget(paged, budget))
			return STATUS_MORE;
		change(paged, progress->at, slot, &progress->count);
		progress->at++;
	}
	return STATUS_MORE;
}

static void permit_page(struct memory *paged, uint64_t index, uint64_t *slot, uint64_t *count)
{
	(void)index, (void)count;
	if (!(*slot & SLOT_DIRTY))
		paged->dirty++;
	*slot |= SLOT_DIRTY;
}

static void clean_page(struct memory *paged, uint64_t index, uint64_t *slot, uint64_t *count)
{
	(void)count;
	if (!(*slot & SLOT_DIRTY))
		return;
	*slot &= ~(uint64_t)SLOT_DIRTY;
	paged->dirty--;
	sweep_write_protect(paged, index << PAGE_SHIFT);
}

static void evict_page(struct memory *paged, uint64_t index, uint64_t *slot, uint64_t *count)
{
	if (*slot & SLOT_DIRTY)
		return;
	sweep_out(paged, index << PAGE_SHIFT, slot, 0);
	++*count;
}

status_t memory_permit(struct memory *paged, uint64_t offset, uint64_t bytes,
                       struct progress *progress, unsigned *budget)
{
	return change_pages(paged, offset, bytes, progress, budget, permit_page);
}

status_t memory_clean(struct memory *paged, uint64_t offset, uint64_t bytes,
                      struct progress *progress, unsigned *budget)
{
	return change_pages(paged, offset, bytes, progress, budget, clean_page);
}

status_t memory_evict(struct memory *paged, uint64_t offset, uint64_t bytes,
                      struct progress *progress, unsigned *budget)
{
	return change_pages(paged, offset, bytes, progress, budget, evict_page);
}

uint64_t memory_list_dirty(struct memory *paged, uint64_t from, struct memory_range *out,
                           uint64_t max)
{
	uint64_t index = from >> PAGE_SHIFT;
	uint64_t count = 0, left = paged->dirty;
	uint64_t *slot;

	for (; left > 0 && (slot = pagemap_next(&paged->pages, &index)) != NULL; index++) {
		uint64_t offset = index << PAGE_SHIFT;

		if (!(*slot & SLOT_DIRTY))
			continue;
		left--;
		if (count > 0 && out[count - 1].offset + out[count - 1].bytes == offset) {
			out[count - 1].bytes += PAGE_SIZE;
			continue;
		}
		if (count == max)
			break;
		out[count++] = (struct memory_range){offset, PAGE_SIZE};
	}
	return count;
}
