/*
 * Mappings: making, splitting, removing, and what the reverse map does to their page-table entries. Which ranges
 * are free and what a fault means is in aspace.c and fault.c.
 */
#include "mapping.h"
#include <base/assert.h>
#include <microkernel/errors.h>
#include "aspace.h"
#include "kalloc.h"
#include "memory.h"
#include "page.h"

static void link_memory(struct mapping *mapping)
{
	struct memory *memory = mapping->memory;

	kobject_ref(&memory->obj);
	spin_lock(&memory->lock);
	list_push_back(&memory->mappings, &mapping->reverse);
	memory->mapping_count++;
	spin_unlock(&memory->lock);
}

static void unlink_memory(struct mapping *mapping)
{
	struct memory *memory = mapping->memory;

	spin_lock(&memory->lock);
	list_remove(&mapping->reverse);
	memory->mapping_count--;
	spin_unlock(&memory->lock);
	derivation_remove(&memory->obj, &mapping->node);
	kobject_unref(&memory->obj);
}

status_t mapping_create(struct aspace *aspace, const struct mapping *model, struct derivation *parent, struct mapping **out)
{
	struct mapping *mapping = kalloc(aspace->domain, sizeof(*mapping));

	if (!mapping)
		return E_NOMEM;
	*mapping = *model;
	mapping->aspace = aspace;
	mapping->node = (struct derivation){ .kind = DERIVATION_MAPPING };
	list_init(&mapping->reverse);
	if (mapping->memory) {
		if (!derivation_insert(&mapping->memory->obj, parent, &mapping->node)) {
			kfree(aspace->domain, mapping);
			return E_GONE;
		}
		link_memory(mapping);
	}
	tree_insert(&aspace->mappings, &mapping->by_address, mapping->start);
	aspace->mapped += mapping->end - mapping->start;
	*out = mapping;
	return OK;
}

status_t mapping_split(struct mapping *mapping, uint64_t at, struct mapping **out_tail)
{
	struct mapping model = *mapping;
	status_t status;

	ASSERT(at > mapping->start && at < mapping->end);
	model.start = at;
	model.offset = mapping->offset + (at - mapping->start);
	model.flags &= ~MAP_GROWSDOWN;
	status = mapping_create(mapping->aspace, &model, mapping->node.parent, out_tail);
	if (status != OK)
		return status;
	mapping->aspace->mapped -= mapping->end - at;
	mapping->end = at;
	return OK;
}

void mapping_move(struct mapping *mapping, uint64_t start, uint64_t end)
{
	struct aspace *aspace = mapping->aspace;

	aspace->mapped += (end - start) - (mapping->end - mapping->start);
	if (start != mapping->start) {
		tree_remove(&aspace->mappings, &mapping->by_address);
		tree_insert(&aspace->mappings, &mapping->by_address, start);
	}
	mapping->start = start;
	mapping->end = end;
}

void mapping_drop_pages(struct mapping *mapping, uint64_t start, uint64_t end)
{
	struct pagetable *pt = &mapping->aspace->pt;
	uint64_t va = start;
	struct pt_entry entry;

	while (pt_next(pt, &va, end, &entry)) {
		pt_unmap(pt, va);
		pt_flush(pt, va, 1);
		if (entry.flags & PT_PRIVATE)
			page_unref(entry.page);
		mapping->aspace->resident--;
		va += PAGE_SIZE;
	}
}

void mapping_remove(struct mapping *mapping)
{
	struct aspace *aspace = mapping->aspace;

	mapping_drop_pages(mapping, mapping->start, mapping->end);
	pt_prune(&aspace->pt, mapping->start, mapping->end);
	tree_remove(&aspace->mappings, &mapping->by_address);
	aspace->mapped -= mapping->end - mapping->start;
	if (mapping->memory)
		unlink_memory(mapping);
	kfree(aspace->domain, mapping);
}

void mapping_undo(struct derivation *node)
{
	mapping_remove(container_of(node, struct mapping, node));
}

void mapping_drop_shared_page(struct mapping *mapping, uint64_t va)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry = pt_lookup(pt, va);

	if (!entry.present || entry.flags & PT_PRIVATE)
		return;
	pt_unmap(pt, va);
	pt_flush(pt, va, 1);
	mapping->aspace->resident--;
}

void mapping_protect_shared_page(struct mapping *mapping, uint64_t va)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry = pt_lookup(pt, va);

	if (!entry.present || entry.flags & PT_PRIVATE || !(entry.flags & PT_WRITE))
		return;
	pt_protect(pt, va, entry.flags & ~PT_WRITE);
	pt_flush(pt, va, 1);
}
