/*
 * Cloning address spaces: first all mappings, then what is private to them, page table by page table. Between steps both
 * sides may have changed: what the clone has already stays, and only its mappings get pages.
 */
#include <base/bits.h>
#include <microkernel/errors.h>
#include "aspace.h"
#include "memory.h"
#include "progress.h"

/* Pages of an object come back by faults. Those of a small mapping (a program's text) are given to the clone at once:
 * it goes on where its parent is. */
#define OBJECT_BYTES_MAX (4ul << 20)

enum phase { CLONE_MAPPINGS, CLONE_PAGES }; /* progress->count */

static uint32_t policy_of(const struct mapping *mapping)
{
	return mapping->flags & MAP_CLONE_MASK;
}

static status_t make_clone(struct mapping *mapping, struct aspace *to)
{
	struct mapping model = *mapping;
	struct mapping *clone;

	model.is_changing = false;
	if (policy_of(mapping) == MAP_CLONE_ZERO) {
		model.memory = NULL;
		model.offset = 0;
		model.flags |= MAP_PRIVATE;
	}
	clone = mapping_alloc(to, &model);
	if (!clone)
		return E_NOMEM;
	if (mapping_link(clone, model.memory ? mapping->node.parent : NULL))
		return OK;
	mapping_free(clone);
	return E_GONE;
}

static status_t clone_mappings(struct aspace *from, struct aspace *to, uint64_t *at,
                               unsigned *budget)
{
	struct mapping *mapping;

	for (; (mapping = aspace_mapping_from(from, *at)) != NULL; *at = mapping->end) {
		struct mapping *there = aspace_mapping_from(to, mapping->start);
		status_t status;

		if (!budget_take(budget))
			return STATUS_MORE;
		if (policy_of(mapping) == MAP_CLONE_DROP || (there && there->start < mapping->end))
			continue;
		status = make_clone(mapping, to);
		if (status != OK)
			return status;
	}
	return OK;
}

static bool is_private_zero(const struct mapping *mapping)
{
	return !mapping->memory && mapping->flags & MAP_PRIVATE &&
	       policy_of(mapping) == MAP_CLONE_COPY && !mapping->is_changing;
}

/* A table of pages can be shared where both sides have the same mappings, and none of an object: so nobody but the two
 * ever looks for entries there. As many mappings as it has pages are looked at whatever the budget. */
static bool is_alike(struct aspace *from, struct aspace *to, uint64_t start, uint64_t end,
                     unsigned *budget)
{
	struct mapping *a = aspace_mapping_from(from, start);
	struct mapping *b = aspace_mapping_from(to, start);

	while (a && a->start < end) {
		if (!b || a->start != b->start || a->end != b->end || a->flags != b->flags ||
		    !is_private_zero(a) || b->memory)
			return false;
		a = aspace_mapping_after(a);
		b = aspace_mapping_after(b);
		*budget -= MIN(*budget, 1u);
	}
	return !b || b->start >= end;
}

/* And may show it at once: a sweep may have seen the clone, and not yet the other. */
static bool shows_the_same(const struct mapping *a, const struct mapping *b)
{
	return a->memory && a->memory == b->memory && a->flags == b->flags && !a->is_changing &&
	       a->offset - a->start == b->offset - b->start && !a->memory->sweep.is_on;
}

/* Of one mapping, the pages in [*at, end). */
static status_t clone_part(struct mapping *mapping, struct aspace *to, uint64_t *at, uint64_t end,
                           unsigned *budget)
{
	struct mapping *clone;
	bool with_objects;

	*at = MAX(*at, mapping->start);
	if (!budget_take(budget))
		return STATUS_MORE;
	clone = aspace_mapping_from(to, *at);
	if (!clone || clone->start >= mapping->end || policy_of(mapping) != MAP_CLONE_COPY)
		return OK;
	with_objects = shows_the_same(mapping, clone) &&
	               mapping->end - mapping->start <= OBJECT_BYTES_MAX;
	if (!with_objects && !(mapping->flags & clone->flags & MAP_PRIVATE))
		return OK;
	*at = MAX(*at, clone->start);
	return pt_copy(&mapping->aspace->pt, &to->pt, at, MIN(end, MIN(mapping->end, clone->end)),
	               with_objects, budget);
}

/* What lies below one page table, from *at on. */
static status_t clone_table(struct aspace *from, struct aspace *to, uint64_t *at, unsigned *budget)
{
	uint64_t start = align_down(*at, PT_TABLE_SPAN);
	uint64_t end = start + PT_TABLE_SPAN;
	struct mapping *mapping;
	status_t status = OK;

	if (pt_is_sharable(&from->pt, &to->pt, *at) && is_alike(from, to, start, end, budget)) {
		status = pt_share(&from->pt, &to->pt, *at);
	} else {
		for (mapping = aspace_mapping_from(from, *at);
		     status == OK && mapping && mapping->start < end;
		     mapping = aspace_mapping_after(mapping))
			status = clone_part(mapping, to, at, end, budget);
	}
	if (status == OK)
		*at = end;
	return status;
}

static status_t clone_pages(struct aspace *from, struct aspace *to, uint64_t *at, unsigned *budget)
{
	struct mapping *mapping;
	status_t status = OK;

	while (status == OK && (mapping = aspace_mapping_from(from, *at)) != NULL) {
		*at = MAX(*at, mapping->start);
		if (pt_next_table(&from->pt, at, mapping->end, budget))
			status = clone_table(from, to, at, budget);
		else if (*at < mapping->end)
			status = STATUS_MORE;
	}
	return status;
}

status_t aspace_clone(struct aspace *from, struct aspace *to, struct progress *progress,
                      unsigned *budget)
{
	if (progress->count == CLONE_MAPPINGS) {
		status_t status = clone_mappings(from, to, &progress->at, budget);

		if (status != OK)
			return status;
		progress->count = CLONE_PAGES;
		progress->at = from->low;
	}
	return clone_pages(from, to, &progress->at, budget);
}
