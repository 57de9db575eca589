/*
 * Mappings: making, splitting, removing, and what the reverse map does to their page-table entries. Which ranges
 * are free and what a fault means is in aspace.c and fault.c.
 */
#include "mapping.h"
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "aspace.h"
#include "kalloc.h"
#include "memory.h"
#include "page.h"
#include "progress.h"

#define TABLE_SPAN (2ul << 20) /* what one page of page table maps */

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

struct mapping *mapping_alloc(struct aspace *aspace, const struct mapping *model)
{
	struct mapping *mapping = kalloc(aspace->domain, sizeof(*mapping));

	if (!mapping)
		return NULL;
	*mapping = *model;
	mapping->aspace = aspace;
	mapping->node = (struct derivation){.kind = DERIVATION_MAPPING};
	list_init(&mapping->reverse);
	return mapping;
}

void mapping_free(struct mapping *mapping)
{
	kfree(mapping->aspace->domain, mapping);
}

static void link_aspace(struct mapping *mapping)
{
	bool is_new = tree_insert(&mapping->aspace->mappings, &mapping->by_address, mapping->start);

	ASSERT(is_new);
	mapping->aspace->mapped += mapping->end - mapping->start;
}

bool mapping_link(struct mapping *mapping, struct derivation *parent)
{
	if (mapping->memory) {
		if (!derivation_insert(&mapping->memory->obj, parent, &mapping->node))
			return false;
		link_memory(mapping);
	}
	link_aspace(mapping);
	return true;
}

status_t mapping_split(struct mapping *mapping, uint64_t at)
{
	struct mapping *tail;

	ASSERT(at > mapping->start && at < mapping->end);
	tail = mapping_alloc(mapping->aspace, mapping);
	if (!tail)
		return E_NOMEM;
	tail->start = at;
	tail->offset = mapping->offset + (at - mapping->start);
	tail->flags &= ~MAP_GROWSDOWN;
	mapping->aspace->mapped -= mapping->end - at;
	mapping->end = at;
	if (tail->memory) {
		derivation_insert_beside(&tail->memory->obj, &mapping->node, &tail->node);
		link_memory(tail);
	}
	link_aspace(tail);
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

bool mapping_drop_pages(struct mapping *mapping, uint64_t *at, uint64_t end, unsigned *budget)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry;

	while (pt_next(pt, at, end, &entry)) {
		if (!budget_take(budget))
			return false;
		pt_unmap(pt, *at);
		pt_flush(pt, *at, 1);
		if (entry.flags & PT_PRIVATE)
			page_unref(entry.page);
		mapping->aspace->resident--;
		*at += PAGE_SIZE;
	}
	*at = end;
	return true;
}

/* The part below at, which has no pages any more, goes; whole spans of page tables, so that they can be freed. */
static void cut_front(struct mapping *mapping, uint64_t at)
{
	uint64_t start = mapping->start;

	at = align_down(at, TABLE_SPAN);
	if (at <= start)
		return;
	if (mapping->memory)
		mapping->offset += at - start;
	mapping->flags &= ~MAP_GROWSDOWN;
	mapping_move(mapping, at, mapping->end);
	pt_prune(&mapping->aspace->pt, start, at);
}

/* What was unmapped in [start, end) may have been the last of tables that it shared with its neighbours. */
static void prune_gap(struct aspace *aspace, uint64_t start, uint64_t end)
{
	struct tree_node *below = tree_at_or_below(&aspace->mappings, start);
	struct tree_node *above = tree_at_or_above(&aspace->mappings, end);

	start = align_down(start, TABLE_SPAN);
	end = align_up(end, TABLE_SPAN);
	if (below)
		start = MAX(start, tree_entry(below, struct mapping, by_address)->end);
	if (above)
		end = MIN(end, tree_entry(above, struct mapping, by_address)->start);
	pt_prune(&aspace->pt, start, end);
}

bool mapping_remove(struct mapping *mapping, unsigned *budget)
{
	struct aspace *aspace = mapping->aspace;
	uint64_t at = mapping->start;

	if (!mapping_drop_pages(mapping, &at, mapping->end, budget)) {
		cut_front(mapping, at);
		return false;
	}
	tree_remove(&aspace->mappings, &mapping->by_address);
	prune_gap(aspace, mapping->start, mapping->end);
	aspace->mapped -= mapping->end - mapping->start;
	if (mapping->memory)
		unlink_memory(mapping);
	mapping_free(mapping);
	return true;
}

bool mapping_undo(struct derivation *node, unsigned *budget)
{
	return mapping_remove(container_of(node, struct mapping, node), budget);
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
