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

static void link_memory(struct mapping *mapping)
{
	struct memory *memory = mapping->memory;

	kobject_ref(&memory->obj);
	list_push_back(&memory->mappings, &mapping->reverse);
	memory->mapping_count++;
}

static void unlink_memory(struct mapping *mapping)
{
	struct memory *memory = mapping->memory;

	list_remove(&mapping->reverse);
	memory->mapping_count--;
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

void mapping_link_beside(struct mapping *mapping, struct mapping *sibling)
{
	if (mapping->memory) {
		derivation_insert_beside(&mapping->memory->obj, &sibling->node, &mapping->node);
		link_memory(mapping);
	}
	link_aspace(mapping);
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
	mapping_link_beside(tail, mapping);
	return OK;
}

void mapping_move(struct mapping *mapping, uint64_t start, uint64_t end)
{
	struct aspace *aspace = mapping->aspace;

	aspace->mapped += end - start;
	aspace->unmapped += mapping->end - mapping->start;
	if (start != mapping->start) {
		tree_remove(&aspace->mappings, &mapping->by_address);
		tree_insert(&aspace->mappings, &mapping->by_address, start);
	}
	mapping->start = start;
	mapping->end = end;
}

void mapping_extend(struct mapping *mapping, uint64_t end)
{
	mapping_move(mapping, mapping->start, end);
	if (!mapping->memory)
		return;
	list_remove(&mapping->reverse);
	list_push_back(&mapping->memory->mappings, &mapping->reverse);
}

void mapping_trim(struct mapping *mapping, uint64_t at)
{
	if (mapping->memory)
		mapping->offset += at - mapping->start;
	mapping->flags &= ~MAP_GROWSDOWN;
	mapping_move(mapping, at, mapping->end);
}

void mapping_cut_front(struct mapping *mapping, uint64_t at)
{
	at = align_down(at, PT_TABLE_SPAN);
	if (at > mapping->start)
		mapping_trim(mapping, at);
}

void mapping_unlink(struct mapping *mapping)
{
	struct aspace *aspace = mapping->aspace;

	tree_remove(&aspace->mappings, &mapping->by_address);
	if (aspace->recent == mapping)
		aspace->recent = NULL;
	aspace->unmapped += mapping->end - mapping->start;
	if (mapping->memory)
		unlink_memory(mapping);
	mapping_free(mapping);
}

/* Page tables that are shared never show an object's mapping, so nothing can stop it. */
bool mapping_undo(struct derivation *node, unsigned *budget)
{
	struct mapping *mapping = container_of(node, struct mapping, node);
	uint64_t at = mapping->start;

	if (!pt_drop(&mapping->aspace->pt, &at, mapping->end, budget)) {
		mapping_cut_front(mapping, at);
		return false;
	}
	mapping_unlink(mapping);
	return true;
}

bool mapping_drop_shared_page(struct mapping *mapping, uint64_t va)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry = pt_lookup(pt, va);

	if (!entry.present || entry.flags & PT_PRIVATE)
		return false;
	pt_unmap(pt, va);
	pt_flush(pt, va, 1);
	return true;
}

bool mapping_protect_shared_page(struct mapping *mapping, uint64_t va)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry = pt_lookup(pt, va);

	if (!entry.present || entry.flags & PT_PRIVATE || !(entry.flags & PT_WRITE))
		return false;
	pt_protect(pt, va, entry.flags & ~PT_WRITE);
	pt_flush(pt, va, 1);
	return true;
}
