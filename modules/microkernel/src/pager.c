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

/* The page changes its payer; all or nothing. */
static bool move_charge(paddr_t page, struct domain *to)
{
	struct page *frame = page_of(page);
	struct domain *from = domain_by_index(frame->domain);

	if (from == to)
		return true;
	if (!domain_charge_pages(to, 1))
		return false;
	frame->domain = domain_index(to);
	domain_credit_pages(from, 1);
	return true;
}

static status_t supply_page(struct memory *paged, uint64_t offset, struct memory *source, uint64_t source_offset)
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
		page = PADDR(*from & ~(PAGE_SIZE - 1));
		if (page_is_shared(page))
			return E_BUSY;
		if (!move_charge(page, paged->obj.domain))
			return E_NOMEM;
		memory_unmap_page(source, source_offset);
		*from = 0;
		source->resident--;
	}
	*to = page.value;
	paged->resident++;
	return OK;
}

status_t memory_supply(struct memory *paged, uint64_t offset, struct memory *source, uint64_t source_offset, uint64_t bytes)
{
	status_t status = check_range(paged, offset, bytes);

	if (status == OK && (source->kind != MEMORY_KIND_ANONYMOUS || source->flags & MEMORY_FIXED))
		status = E_TYPE;
	if (status == OK && (!is_aligned(source_offset, PAGE_SIZE) || source_offset + bytes < bytes ||
			     source_offset + bytes > source->bytes))
		status = E_RANGE;
	for (uint64_t at = 0; status == OK && at < bytes; at += PAGE_SIZE)
		status = supply_page(paged, offset + at, source, source_offset + at);
	return status;
}

status_t memory_permit(struct memory *paged, uint64_t offset, uint64_t bytes)
{
	status_t status = check_range(paged, offset, bytes);
	uint64_t index = offset >> PAGE_SHIFT;
	uint64_t *slot;

	if (status != OK)
		return status;
	for (; (slot = pagemap_next(&paged->pages, &index)) != NULL && index < (offset + bytes) >> PAGE_SHIFT; index++) {
		if (!(*slot & SLOT_DIRTY))
			paged->dirty++;
		*slot |= SLOT_DIRTY;
	}
	return OK;
}

status_t memory_clean(struct memory *paged, uint64_t offset, uint64_t bytes)
{
	status_t status = check_range(paged, offset, bytes);
	uint64_t index = offset >> PAGE_SHIFT;
	uint64_t *slot;

	if (status != OK)
		return status;
	for (; (slot = pagemap_next(&paged->pages, &index)) != NULL && index < (offset + bytes) >> PAGE_SHIFT; index++) {
		if (!(*slot & SLOT_DIRTY))
			continue;
		memory_write_protect(paged, index << PAGE_SHIFT);
		*slot &= ~(uint64_t)SLOT_DIRTY;
		paged->dirty--;
	}
	return OK;
}

status_t memory_evict(struct memory *paged, uint64_t offset, uint64_t bytes, uint64_t *out_pages)
{
	status_t status = check_range(paged, offset, bytes);
	uint64_t index = offset >> PAGE_SHIFT;
	uint64_t *slot;

	if (status != OK)
		return status;
	*out_pages = 0;
	for (; (slot = pagemap_next(&paged->pages, &index)) != NULL && index < (offset + bytes) >> PAGE_SHIFT; index++) {
		if (*slot & SLOT_DIRTY)
			continue;
		memory_unmap_page(paged, index << PAGE_SHIFT);
		memory_drop_slot(paged, slot);
		++*out_pages;
	}
	return OK;
}

uint64_t memory_list_dirty(struct memory *paged, uint64_t from, struct memory_range *out, uint64_t max)
{
	uint64_t index = from >> PAGE_SHIFT;
	uint64_t count = 0;
	uint64_t *slot;

	for (; (slot = pagemap_next(&paged->pages, &index)) != NULL; index++) {
		uint64_t offset = index << PAGE_SHIFT;

		if (!(*slot & SLOT_DIRTY))
			continue;
		if (count > 0 && out[count - 1].offset + out[count - 1].bytes == offset) {
			out[count - 1].bytes += PAGE_SIZE;
			continue;
		}
		if (count == max)
			break;
		out[count++] = (struct memory_range){ offset, PAGE_SIZE };
	}
	return count;
}
