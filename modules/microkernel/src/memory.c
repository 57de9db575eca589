/*
 * Memory objects. A page is either computed (physical, DMA) or kept in the page map with one reference. Two
 * objects share a page after memory_copy, until one of them writes: then the writer gets its own.
 *
 * The reverse map (the list of mappings) finds every page-table entry of a page without a record per page: each
 * mapping says where the page would be (sweep.c).
 */
#include "memory.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <microkernel/errors.h>
#include "endpoint.h"
#include "mapping.h"
#include "page.h"
#include "printk.h"

static bool memory_shrink(struct kobject *object, unsigned *budget);
static void memory_destroy(struct kobject *object);
static void memory_dump(const struct kobject *object);
static void memory_check(const struct kobject *object);

static const struct kobject_ops memory_ops = {
	.name = "memory",
	.size = sizeof(struct memory),
	.shrink = memory_shrink,
	.destroy = memory_destroy,
	.dump = memory_dump,
	.check = memory_check,
};

static struct memory *create(struct domain *domain, uint32_t kind, uint64_t bytes, uint32_t flags)
{
	struct memory *memory = kobject_create(domain, OBJECT_MEMORY, &memory_ops);

	if (!memory)
		return NULL;
	list_init(&memory->mappings);
	memory->kind = kind;
	memory->bytes = bytes;
	memory->flags = flags;
	memory->cut_at = UINT64_MAX;
	return memory;
}

struct memory *memory_create(struct domain *domain, uint64_t bytes, uint32_t flags)
{
	return create(domain, MEMORY_KIND_ANONYMOUS, align_up(bytes, PAGE_SIZE), flags);
}

struct memory *memory_create_physical(struct domain *domain, paddr_t base, uint64_t bytes,
                                      uint32_t flags)
{
	struct memory *memory = create(domain, MEMORY_KIND_PHYSICAL, bytes, flags | MEMORY_FIXED);

	if (memory)
		memory->base = base;
	return memory;
}

struct memory *memory_create_dma(struct domain *domain, uint64_t bytes)
{
	struct memory *memory = create(domain, MEMORY_KIND_DMA, bytes, MEMORY_FIXED);

	if (!memory)
		return NULL;
	memory->base = page_alloc_contiguous(domain, bytes >> PAGE_SHIFT);
	if (memory->base.value)
		return memory;
	kobject_unref(&memory->obj);
	return NULL;
}

struct memory *memory_create_paged(struct domain *domain, uint64_t bytes, struct endpoint *pager,
                                   uint64_t badge)
{
	struct memory *memory = create(domain, MEMORY_KIND_PAGED, bytes, 0);

	if (!memory)
		return NULL;
	kobject_ref(&pager->obj);
	memory->pager = pager;
	memory->pager_badge = badge;
	return memory;
}

static bool is_computed(const struct memory *memory)
{
	return memory->kind == MEMORY_KIND_PHYSICAL || memory->kind == MEMORY_KIND_DMA;
}

unsigned memory_pt_flags(const struct memory *memory)
{
	if (memory->flags & MEMORY_UNCACHED)
		return PT_UNCACHED;
	return memory->flags & MEMORY_WRITECOMBINE ? PT_WRITECOMBINE : 0;
}

static bool may_write_now(const struct memory *memory, uint64_t slot)
{
	if (memory->kind == MEMORY_KIND_PAGED)
		return slot & SLOT_DIRTY;
	return !page_is_shared(slot_page(slot));
}

paddr_t memory_present_page(struct memory *memory, uint64_t offset, bool *may_write)
{
	uint64_t *slot;

	if (offset >= memory->bytes)
		return PADDR(0);
	if (is_computed(memory)) {
		*may_write = true;
		return PADDR(memory->base.value + offset);
	}
	slot = pagemap_find(&memory->pages, offset >> PAGE_SHIFT);
	if (!slot || !slot_page(*slot).value)
		return PADDR(0);
	*may_write = may_write_now(memory, *slot);
	return slot_page(*slot);
}

/* Slots of one node of the page map lie side by side. */
void memory_present_pages(struct memory *memory, uint64_t offset, struct pt_entry *out,
                          unsigned count)
{
	const uint64_t *slot = NULL;

	for (unsigned i = 0; i < count; i++, offset += PAGE_SIZE) {
		bool may_write = true;

		out[i] = (struct pt_entry){0};
		if (offset >= memory->bytes)
			continue;
		if (is_computed(memory)) {
			out[i].page = PADDR(memory->base.value + offset);
		} else {
			uint64_t index = offset >> PAGE_SHIFT;

			slot = slot && index % PAGEMAP_RUN ? slot + 1
			                                   : pagemap_find(&memory->pages, index);
			if (!slot || !slot_page(*slot).value)
				continue;
			out[i].page = slot_page(*slot);
			may_write = may_write_now(memory, *slot);
		}
		out[i].present = true;
		out[i].flags = may_write ? PT_WRITE : 0;
	}
}

struct memory *memory_create_adopting(struct domain *domain, paddr_t base, uint64_t bytes)
{
	struct memory *memory = create(domain, MEMORY_KIND_ANONYMOUS, bytes, 0);

	for (uint64_t at = 0; memory && at < bytes; at += PAGE_SIZE) {
		uint64_t *slot = pagemap_make(&memory->pages, domain, at >> PAGE_SHIFT);

		if (!slot || !page_adopt(domain, PADDR(base.value + at))) {
			kobject_unref(&memory->obj);
			return NULL;
		}
		*slot = base.value + at;
		memory->resident++;
	}
	return memory;
}

/* There is something in the slot. A page that is being replaced is there when that is over. */
static status_t await_page(struct memory *memory, uint64_t slot)
{
	unsigned budget = STEP_BUDGET;

	if (slot != SLOT_SWEPT)
		return OK;
	sweep_finish(memory, &budget);
	return STATUS_MORE;
}

static status_t add_zero_page(struct memory *memory, uint64_t offset)
{
	struct domain *domain = memory->obj.domain;
	uint64_t *slot = pagemap_make(&memory->pages, domain, offset >> PAGE_SHIFT);
	paddr_t page;

	if (!slot)
		return E_NOMEM;
	if (*slot)
		return await_page(memory, *slot);
	page = page_alloc_zeroed(domain);
	if (!page.value)
		return E_NOMEM;
	*slot = page.value;
	memory->resident++;
	return OK;
}

/* The object writes to a page that it shares with a copy: it gets its own. */
static status_t unshare(struct memory *memory, uint64_t offset)
{
	unsigned budget = STEP_BUDGET;
	uint64_t *slot = pagemap_find(&memory->pages, offset >> PAGE_SHIFT);
	paddr_t page;

	if (!sweep_finish(memory, &budget))
		return STATUS_MORE;
	page = page_alloc(memory->obj.domain);
	if (!page.value)
		return E_NOMEM;
	arch_copy_page(direct(page), direct(slot_page(*slot)));
	sweep_out(memory, offset, slot, page.value | (*slot & (PAGE_SIZE - 1)));
	return sweep_finish(memory, &budget) ? OK : STATUS_MORE;
}

status_t memory_page(struct memory *memory, uint64_t offset, bool for_write, paddr_t *out,
                     bool *may_write)
{
	status_t status = OK;

	if (memory->obj.is_dead || offset >= memory->bytes)
		return E_FAULT;
	*out = memory_present_page(memory, offset, may_write);
	if (out->value && (*may_write || !for_write))
		return OK;
	if (memory->kind == MEMORY_KIND_PAGED)
		return endpoint_is_served(memory->pager) ? E_AGAIN : E_FAULT;
	status = out->value ? unshare(memory, offset) : add_zero_page(memory, offset);
	if (status == OK)
		*out = memory_present_page(memory, offset, may_write);
	return status;
}

/* Within a domain a page is shared until one side writes. Another domain pays for a page of its own at once, or its
 * owner would go on paying for old content for as long as others hold copies; and so it is with a page that a
 * thread has pinned, which must stay where the thread's process sees it. */
static status_t copy_slot(struct memory *from, uint64_t index, uint64_t slot, uint64_t *to,
                          struct memory *copy)
{
	paddr_t page = slot_page(slot);

	if (copy->obj.domain == from->obj.domain && !page_is_pinned(page)) {
		page_ref(page);
		sweep_write_protect(from, index << PAGE_SHIFT);
	} else {
		paddr_t own = page_alloc(copy->obj.domain);

		if (!own.value)
			return E_NOMEM;
		arch_copy_page(direct(own), direct(page));
		page = own;
	}
	*to = page.value;
	copy->resident++;
	return OK;
}

static status_t copy_pages(struct memory *from, struct memory *copy, uint64_t offset,
                           uint64_t *index, unsigned *budget)
{
	uint64_t end = (offset + copy->bytes) >> PAGE_SHIFT;
	uint64_t *slot;

	while (sweep_finish(from, budget)) {
		uint64_t *to;
		status_t status;

		slot = pagemap_next(&from->pages, index);
		if (!slot || *index >= end)
			return OK;
		to = pagemap_make(&copy->pages, copy->obj.domain, *index - (offset >> PAGE_SHIFT));
		if (!memory_take_budget(from, budget))
			return STATUS_MORE;
		status = to ? OK : E_NOMEM;
		if (status == OK && !*to)
			status = copy_slot(from, *index, *slot, to, copy);
		if (status != OK)
			return status;
		++*index;
	}
	return STATUS_MORE;
}

status_t memory_create_copy(struct memory *from, struct domain *domain, uint64_t offset,
                            uint64_t bytes, struct progress *progress, unsigned *budget)
{
	struct memory *copy;

	if (is_computed(from) || from->kind == MEMORY_KIND_PAGED)
		return E_UNSUPPORTED;
	if (!progress->object) {
		copy = create(domain, MEMORY_KIND_ANONYMOUS, bytes, 0);
		if (!copy)
			return E_NOMEM;
		progress->object = &copy->obj;
		progress->at = offset >> PAGE_SHIFT;
	}
	if (progress->object->is_dead)
		return E_GONE;
	return copy_pages(from, container_of(progress->object, struct memory, obj), offset,
	                  &progress->at, budget);
}

static status_t transfer_part(struct memory *memory, uint64_t offset, uint64_t u_buffer,
                              uint64_t part, bool is_write)
{
	uint64_t within = offset & (PAGE_SIZE - 1);
	bool may_write = true;
	paddr_t page;
	status_t status = memory_page(memory, offset - within, is_write, &page, &may_write);

	if (status != OK)
		return status;
	if (!page_is_ram(page))
		return E_UNSUPPORTED; /* device registers: map them */
	return is_write ? copy_from_user((char *)direct(page) + within, u_buffer, part)
	                : copy_to_user(u_buffer, (char *)direct(page) + within, part);
}

status_t memory_transfer(struct memory *memory, uint64_t offset, uint64_t u_buffer, uint64_t len,
                         bool is_write, uint64_t *done, unsigned *budget)
{
	if (len > memory->bytes || offset > memory->bytes - len)
		return E_RANGE;
	while (*done < len) {
		uint64_t part = MIN(len - *done, PAGE_SIZE - ((offset + *done) & (PAGE_SIZE - 1)));
		status_t status;

		if (!budget_spend(budget, COPY_COST))
			return STATUS_MORE;
		status = transfer_part(memory, offset + *done, u_buffer + *done, part, is_write);
		if (status != OK)
			return status;
		*done += part;
	}
	return OK;
}

status_t memory_populate(struct memory *memory, uint64_t offset, uint64_t len, uint64_t *done,
                         unsigned *budget)
{
	if (memory->kind != MEMORY_KIND_ANONYMOUS)
		return E_TYPE;
	if (memory->obj.is_dead || len > memory->bytes || offset > memory->bytes - len)
		return E_RANGE;
	while (*done < len) {
		status_t status;

		if (!budget_spend(budget, COPY_COST))
			return STATUS_MORE;
		status = add_zero_page(memory, offset + *done);
		if (status != OK)
			return status;
		*done += PAGE_SIZE - ((offset + *done) & (PAGE_SIZE - 1));
	}
	return OK;
}

/* Work on a page of the object means looking at each of its mappings; of many, a sweep pays. */
bool memory_take_budget(const struct memory *memory, unsigned *budget)
{
	if (*budget == 0)
		return false;
	*budget -= MIN(1 + MIN(memory->mapping_count, SWEEP_AT_ONCE), *budget);
	return true;
}

/* Frees pages from memory->cut_at on. */
static bool cut(struct memory *memory, unsigned *budget)
{
	uint64_t *slot;

	while ((slot = pagemap_next(&memory->pages, &memory->cut_at)) != NULL) {
		if (!memory_take_budget(memory, budget))
			return false;
		sweep_out(memory, memory->cut_at << PAGE_SHIFT, slot, 0);
		memory->cut_at++;
		if (!sweep_finish(memory, budget))
			return false;
	}
	memory->cut_at = UINT64_MAX;
	return true;
}

/* What lies beyond the new end is out of reach at once and freed in steps; growing waits until that is over, so old
 * content never comes back. */
status_t memory_resize(struct memory *memory, uint64_t bytes, unsigned *budget)
{
	if (memory->flags & MEMORY_FIXED)
		return E_UNSUPPORTED;
	if (bytes > MEMORY_BYTES_MAX)
		return E_INVAL;
	if (!sweep_finish(memory, budget))
		return STATUS_MORE;
	bytes = align_up(bytes, PAGE_SIZE);
	if (bytes < memory->bytes) {
		memory->bytes = bytes;
		memory->cut_at = MIN(memory->cut_at, bytes >> PAGE_SHIFT);
	}
	if (memory->cut_at != UINT64_MAX && !cut(memory, budget))
		return STATUS_MORE;
	memory->bytes = bytes;
	return OK;
}

void memory_get_info(struct memory *memory, struct memory_info *out)
{
	*out = (struct memory_info){
		.bytes = memory->bytes,
		.resident_pages = memory->resident,
		.dirty_pages = memory->dirty,
		.kind = memory->kind,
		.mappings = memory->mapping_count,
	};
}

static bool free_dma(struct memory *memory, unsigned *budget)
{
	if (!memory->base.value)
		return true;
	for (; memory->bytes > 0; memory->bytes -= PAGE_SIZE) {
		if (!budget_take(budget))
			return false;
		page_unref(PADDR(memory->base.value + memory->bytes - PAGE_SIZE));
	}
	return true;
}

/* Its mappings are gone by now: each is a node below a handle, or was. */
static bool memory_shrink(struct kobject *object, unsigned *budget)
{
	struct memory *memory = container_of(object, struct memory, obj);

	if (!sweep_finish(memory, budget))
		return false;
	ASSERT(list_is_empty(&memory->mappings));
	if (memory->kind == MEMORY_KIND_DMA)
		return free_dma(memory, budget);
	memory->bytes = 0;
	if (!memory->is_emptied)
		memory->cut_at = 0;
	memory->is_emptied = true;
	return cut(memory, budget) && pagemap_free(&memory->pages, object->domain, budget);
}

static void memory_destroy(struct kobject *object)
{
	struct memory *memory = container_of(object, struct memory, obj);

	ASSERT(list_is_empty(&memory->mappings) && memory->resident == 0);
	if (memory->pager)
		kobject_unref(&memory->pager->obj);
}

static void memory_dump(const struct kobject *object)
{
	const struct memory *memory = container_of(object, const struct memory, obj);

	printk("  kind %u, %lu bytes, %lu pages, %lu dirty, %u mappings\n", memory->kind,
	       memory->bytes, memory->resident, memory->dirty, memory->mapping_count);
}

static bool is_swept(const struct memory *memory, uint64_t index)
{
	return memory->sweep.is_on && memory->sweep.offset == index << PAGE_SHIFT &&
	       page_of(memory->sweep.page)->refs > 0;
}

static void memory_check(const struct kobject *object)
{
	const struct memory *memory = container_of(object, const struct memory, obj);
	uint64_t index = 0;
	uint64_t resident = 0;
	uint64_t dirty = 0;
	uint64_t *slot;
	struct list *at;
	uint32_t mappings = 0;

	for (; (slot = pagemap_next(&memory->pages, &index)) != NULL; index++) {
		ASSERT(index << PAGE_SHIFT < memory->bytes || index >= memory->cut_at ||
		       *slot == SLOT_SWEPT);
		ASSERT(*slot == SLOT_SWEPT ? is_swept(memory, index)
		                           : page_of(slot_page(*slot))->refs > 0);
		dirty += (*slot & SLOT_DIRTY) != 0;
		resident++;
	}
	list_for_each (at, &memory->mappings) {
		if (at == &memory->sweep.at)
			continue;
		ASSERT(list_entry(at, struct mapping, reverse)->memory == memory);
		mappings++;
	}
	ASSERT(resident == memory->resident && dirty == memory->dirty &&
	       mappings == memory->mapping_count);
}
