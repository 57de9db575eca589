/*
 * Address spaces: which ranges are mapped to what. Private pages live in the page tables alone, with a software
 * bit and a reference each; so a clone is a walk over one page table, and nothing is kept twice.
 *
 * Every operation first splits mappings at the edges of its range (which may fail for lack of memory, having
 * changed nothing that matters), then works on whole mappings (which cannot fail).
 */
#include "aspace_range.h"
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "domain.h"
#include "handle.h"
#include "memory.h"
#include "page.h"
#include "progress.h"

#define OWN_COST 64u           /* of a step's budget: a page table is copied */
#define LOWEST_GUEST 0x10000ul /* as Linux's mmap_min_addr */
#define MAP_FLAGS \
	(MAP_PROT | MAP_PRIVATE | MAP_FIXED | MAP_NOREPLACE | MAP_GROWSDOWN | MAP_READ_ONLY | \
	 MAP_CLONE_MASK)
#define MAP_ONCE (MAP_FIXED | MAP_NOREPLACE | MAP_READ_ONLY) /* not kept with the mapping */

static void init_common(struct aspace *aspace, const struct kobject *owner, uint64_t low,
                        uint64_t high)
{
	tree_init(&aspace->mappings);
	aspace->domain = owner->domain;
	aspace->id = owner->id;
	aspace->low = low;
	aspace->high = high;
}

status_t aspace_init_native(struct aspace *aspace, const struct kobject *owner)
{
	init_common(aspace, owner, NATIVE_BASE + PAGE_SIZE, NATIVE_END - PAGE_SIZE);
	return pt_create_native(&aspace->pt, owner->domain);
}

status_t aspace_init_space(struct aspace *aspace, const struct kobject *owner, bool has_one_root)
{
	init_common(aspace, owner, LOWEST_GUEST, GUEST_END);
	return pt_create_space(&aspace->pt, owner->domain, has_one_root);
}

void aspace_destroy(struct aspace *aspace)
{
	ASSERT(tree_is_empty(&aspace->mappings));
	if (aspace->pt.root.value)
		pt_destroy(&aspace->pt);
	aspace->pt.root = PADDR(0);
}

static struct mapping *search_from(struct aspace *aspace, uint64_t address)
{
	struct tree_node *node = tree_at_or_below(&aspace->mappings, address);

	if (node && container_of(node, struct mapping, by_address)->end <= address)
		node = tree_next(node);
	else if (!node)
		node = tree_first(&aspace->mappings);
	return node ? container_of(node, struct mapping, by_address) : NULL;
}

struct mapping *aspace_mapping_from(struct aspace *aspace, uint64_t address)
{
	if (!aspace->recent || !mapping_contains(aspace->recent, address))
		aspace->recent = search_from(aspace, address);
	return aspace->recent;
}

struct mapping *aspace_mapping_after(struct mapping *mapping)
{
	struct tree_node *node = tree_next(&mapping->by_address);

	return node ? container_of(node, struct mapping, by_address) : NULL;
}

status_t range_check(const struct aspace *aspace, uint64_t address, uint64_t bytes)
{
	if (!is_aligned(address, PAGE_SIZE) || bytes == 0 || bytes > aspace->high - aspace->low)
		return E_INVAL;
	if (address < aspace->low || address > aspace->high - bytes)
		return E_INVAL;
	return OK;
}

static status_t split_at(struct aspace *aspace, uint64_t at)
{
	struct mapping *mapping = aspace_mapping_at(aspace, at);

	return mapping && mapping->start < at ? mapping_split(mapping, at) : OK;
}

status_t range_split_edges(struct aspace *aspace, uint64_t start, uint64_t end)
{
	struct mapping *mapping = aspace_mapping_from(aspace, start);
	status_t status = OK;

	if (!mapping || mapping->start >= end || (mapping->start == start && mapping->end == end))
		return OK;
	if (mapping->start < start)
		status = mapping_split(mapping, start);
	return status == OK ? split_at(aspace, end) : status;
}

/* Highest gap of bytes below *top, or 0. When the budget does not do, *top is where to go on. */
static uint64_t find_gap(struct aspace *aspace, uint64_t bytes, uint64_t *top, unsigned *budget)
{
	uint64_t at = *top;
	struct tree_node *node = tree_at_or_below(&aspace->mappings, at - 1);
	unsigned left = *budget;

	for (; node && left; node = tree_prev(node), left--) {
		struct mapping *mapping = container_of(node, struct mapping, by_address);

		if (mapping->end < at && at - mapping->end >= bytes)
			return at - bytes;
		at = mapping->start;
	}
	*top = at;
	*budget = left;
	return left && at > aspace->low && at - aspace->low >= bytes ? at - bytes : 0;
}

bool range_is_free(struct aspace *aspace, uint64_t address, uint64_t bytes)
{
	struct mapping *mapping = aspace_mapping_from(aspace, address);

	return !mapping || mapping->start >= address + bytes;
}

/*
 * No gap was found down to top. There is none only when the whole space was seen, and nothing has been unmapped above
 * where the search was; else it goes on, or begins again at the top. progress->count: what had been unmapped when it
 * began there.
 */
static status_t search_further(struct aspace *aspace, uint64_t top, bool is_whole,
                               struct progress *progress, unsigned left)
{
	if (progress->phase)
		is_whole = progress->phase == SEARCH_ALL && progress->count == aspace->unmapped;
	if (left && is_whole)
		return E_NOMEM;
	if (left || !progress->phase)
		progress->count = aspace->unmapped;
	progress->phase = left || is_whole ? SEARCH_ALL : SEARCH_PART;
	progress->at = left ? aspace->high : top;
	return STATUS_MORE;
}

status_t range_choose(struct aspace *aspace, uint64_t hint, uint64_t bytes,
                      struct progress *progress, unsigned *budget, uint64_t *out)
{
	uint64_t top = aspace->high;

	if (progress->phase) {
		top = progress->at;
	} else if (hint) {
		*out = hint;
		if (range_check(aspace, hint, bytes) == OK && range_is_free(aspace, hint, bytes))
			return OK;
		if (hint > aspace->low && hint <= aspace->high)
			top = align_down(hint, PAGE_SIZE);
	}
	*out = find_gap(aspace, bytes, &top, budget);
	return *out ? OK : search_further(aspace, top, !hint, progress, *budget);
}

/* What is at a fixed address now is still there. */
static status_t choose_address(struct aspace *aspace, uint64_t hint, uint32_t flags, uint64_t bytes,
                               struct progress *progress, unsigned *budget, uint64_t *out)
{
	if (!(flags & MAP_FIXED))
		return range_choose(aspace, hint, bytes, progress, budget, out);
	*out = hint;
	if (range_check(aspace, hint, bytes) != OK)
		return E_INVAL;
	return flags & MAP_NOREPLACE && !range_is_free(aspace, hint, bytes) ? E_EXIST : OK;
}

/* What a handle's rights, and who maps, allow a mapping through it to have. */
static uint32_t prot_allowed(uint32_t rights, uint32_t flags)
{
	uint32_t prot = MAP_READ;

	if (!(rights & RIGHT_READ))
		return 0; /* the CPU has no memory that can be written or executed but not read */
	if (flags & MAP_PRIVATE || (rights & RIGHT_WRITE && !(flags & MAP_READ_ONLY)))
		prot |= MAP_WRITE;
	if (rights & RIGHT_EXECUTE)
		prot |= MAP_EXECUTE;
	return prot;
}

/* Offsets of a mapping never wrap, however it grows: the reverse map relies on it. */
static bool is_offset_sane(uint64_t offset, uint64_t bytes)
{
	return offset <= MEMORY_BYTES_MAX && bytes <= MEMORY_BYTES_MAX;
}

static status_t check_memory(const struct memory *memory, const struct map_args *args,
                             uint64_t bytes, uint32_t prot_max)
{
	if (!is_aligned(args->offset, PAGE_SIZE) || !is_offset_sane(args->offset, bytes) ||
	    args->flags & MAP_GROWSDOWN)
		return E_INVAL; /* what grows downwards would change its offsets */
	if (memory->flags & MEMORY_FIXED && args->offset + bytes > memory->bytes)
		return E_RANGE;
	return args->flags & MAP_PROT & ~prot_max ? E_ACCESS : OK;
}

static status_t make_model(const struct map_args *args, struct handle_entry *through,
                           uint64_t bytes, struct mapping *out)
{
	*out = (struct mapping){.flags = args->flags & ~MAP_ONCE, .prot_max = MAP_PROT};
	out->cookie = args->cookie;
	if (!through) {
		out->flags |= MAP_PRIVATE;
		return OK;
	}
	if (!derivation_may_insert(through->object, &through->node))
		return E_GONE;
	out->memory = container_of(through->object, struct memory, obj);
	out->prot_max = prot_allowed(through->node.rights, args->flags);
	out->offset = args->offset;
	return check_memory(out->memory, args, bytes, out->prot_max);
}

/* The new mapping is ready before the first page of an old one goes. */
static status_t put_in_place(struct aspace *aspace, struct mapping *mapping, bool may_replace,
                             struct derivation *parent, unsigned *budget)
{
	status_t status = OK;

	if (may_replace && !range_is_free(aspace, mapping->start, mapping->end - mapping->start))
		status = aspace_unmap(aspace, mapping->start, mapping->end - mapping->start,
		                      budget);
	if (status != OK)
		mapping_free(mapping);
	else if (!mapping_link(mapping, parent))
		UNREACHABLE(); /* make_model looked */
	return status;
}

status_t aspace_map(struct aspace *aspace, const struct map_args *args,
                    struct handle_entry *through, struct progress *progress, unsigned *budget,
                    uint64_t *out)
{
	uint64_t bytes = align_up(args->bytes, PAGE_SIZE);
	struct mapping model;
	struct mapping *mapping;
	status_t status;

	if (args->bytes == 0 || bytes < args->bytes || args->flags & ~MAP_FLAGS ||
	    (args->flags & MAP_CLONE_MASK) == MAP_CLONE_MASK)
		return E_INVAL;
	status = make_model(args, through, bytes, &model);
	if (status == OK)
		status = choose_address(aspace, args->address, args->flags, bytes, progress, budget,
		                        &model.start);
	if (status != OK)
		return status;
	model.end = model.start + bytes;
	mapping = mapping_alloc(aspace, &model);
	if (!mapping)
		return E_NOMEM;
	*out = model.start;
	return put_in_place(aspace, mapping, args->flags & MAP_FIXED,
	                    through ? &through->node : NULL, budget);
}

/* Whether nothing is mapped around [start, end) in the page tables at its ends. */
static bool is_alone(struct aspace *aspace, uint64_t start, uint64_t end)
{
	struct tree_node *node = tree_at_or_below(&aspace->mappings, start - 1);
	struct mapping *above = aspace_mapping_from(aspace, end);

	if (node &&
	    tree_entry(node, struct mapping, by_address)->end > align_down(start, PT_TABLE_SPAN))
		return false;
	return !above || above->start >= align_up(end, PT_TABLE_SPAN);
}

static bool is_in_one_table(uint64_t start, uint64_t end)
{
	return align_down(start, PT_TABLE_SPAN) == align_down(end - 1, PT_TABLE_SPAN);
}

/* After this, a table that is shared shows nothing outside [start, end), or nothing inside. */
static status_t own_edges(struct aspace *aspace, uint64_t start, uint64_t end)
{
	struct pagetable *pt = &aspace->pt;
	status_t status = OK;

	if (!pt_is_shared(pt, start) && (is_in_one_table(start, end) || !pt_is_shared(pt, end - 1)))
		return OK;
	if (is_alone(aspace, start, end))
		return OK;
	if (!is_aligned(start, PT_TABLE_SPAN))
		status = pt_own(pt, start);
	if (status == OK && !is_aligned(end, PT_TABLE_SPAN))
		status = pt_own(pt, end - 1);
	return status;
}

/* After this, no table of the range is shared as far as *at. */
static status_t own_range(struct aspace *aspace, uint64_t *at, uint64_t end, unsigned *budget)
{
	struct pagetable *pt = &aspace->pt;

	while (pt_next_table(pt, at, end, budget)) {
		if (pt_is_shared(pt, *at)) {
			status_t status = pt_own(pt, *at);

			if (status != OK)
				return status;
			*budget -= MIN(*budget, OWN_COST);
		}
		*at = MIN(end, align_down(*at, PT_TABLE_SPAN) + PT_TABLE_SPAN);
	}
	return OK;
}

/* Mappings below end, which have no pages any more; of one that goes on above it, the part below. */
static bool remove_mappings(struct aspace *aspace, uint64_t start, uint64_t end, unsigned *budget)
{
	struct mapping *mapping;

	while ((mapping = aspace_mapping_from(aspace, start)) != NULL && mapping->start < end) {
		if (mapping->end > end) {
			mapping_cut_front(mapping, end);
			break;
		}
		if (!budget_take(budget))
			return false;
		mapping_unlink(mapping);
	}
	return true;
}

/*
 * Mappings lie wholly inside or wholly outside. The pages of a mapping go in whole page tables as far as it is alone in
 * them, then those of all mappings that share its last table: that may be shared by others, and only go as a whole.
 */
static bool remove_range(struct aspace *aspace, uint64_t start, uint64_t end, unsigned *budget)
{
	struct mapping *mapping;

	while ((mapping = aspace_mapping_from(aspace, start)) != NULL && mapping->start < end) {
		uint64_t at = mapping->start;
		uint64_t stop = MAX(align_down(mapping->end, PT_TABLE_SPAN),
		                    align_down(at, PT_TABLE_SPAN) + PT_TABLE_SPAN);

		stop = MIN(stop, end);
		pt_drop(&aspace->pt, &at, stop, budget);
		if (!remove_mappings(aspace, start, at, budget) || at < stop)
			return false;
	}
	return true;
}

status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t bytes, unsigned *budget)
{
	uint64_t end;
	status_t status;

	bytes = align_up(bytes, PAGE_SIZE);
	status = range_check(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	status = range_split_edges(aspace, address, end);
	if (status != OK)
		return status;
	status = own_edges(aspace, address, end);
	if (status != OK)
		return status;
	return remove_range(aspace, address, end, budget) ? OK : STATUS_MORE;
}

bool aspace_clear(struct aspace *aspace, unsigned *budget)
{
	return remove_range(aspace, aspace->low, aspace->high, budget);
}

static unsigned pt_flags(const struct mapping *mapping)
{
	unsigned flags = mapping->memory ? memory_pt_flags(mapping->memory) : 0;

	if (mapping->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE))
		flags |= PT_READ;
	return mapping->flags & MAP_EXECUTE ? flags | PT_EXECUTE : flags;
}

/* Existing entries lose what the mapping no longer allows; what it newly allows comes by faults. */
static bool apply_protection(struct mapping *mapping, uint64_t *at, uint64_t end, unsigned *budget)
{
	unsigned write = mapping->flags & MAP_WRITE ? PT_WRITE : 0;

	return pt_restrict(&mapping->aspace->pt, at, end, pt_flags(mapping) | write, budget);
}

/* Of mappings that begin below end, from *at to there. One that came between the steps may not allow it. */
static status_t protect_from(struct aspace *aspace, uint64_t *at, uint64_t end, uint32_t prot,
                             unsigned *budget)
{
	struct mapping *m = aspace_mapping_from(aspace, *at);

	for (; m && m->start < end; m = aspace_mapping_after(m)) {
		*at = MAX(*at, m->start);
		if (prot & ~m->prot_max)
			return E_ACCESS;
		m->flags = (m->flags & ~MAP_PROT) | prot;
		m->is_changing = true;
		if (!budget_take(budget) || !apply_protection(m, at, MIN(m->end, end), budget) ||
		    m->end > end)
			return STATUS_MORE;
		m->is_changing = false;
	}
	return OK;
}

static status_t check_protect(struct aspace *aspace, uint64_t *at, uint64_t end, uint32_t prot,
                              unsigned *budget)
{
	struct mapping *mapping = aspace_mapping_at(aspace, *at);

	for (; *at < end; mapping = aspace_mapping_after(mapping)) {
		if (!mapping || mapping->start > *at)
			return E_NOENT;
		if (prot & ~mapping->prot_max)
			return E_ACCESS;
		*at = mapping->end;
		if (!budget_take(budget))
			return STATUS_MORE;
	}
	return OK;
}

/* Of as much as has page tables of its own, and mappings that end where it does: there nothing can fail any more. */
static status_t protect_range(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t prot,
                              uint64_t *at, unsigned *budget)
{
	uint64_t owned = *at;
	unsigned half = *budget / 2;
	status_t status;

	*budget -= half;
	status = own_range(aspace, &owned, end, &half);
	*budget += half;
	if (status == OK)
		status = range_split_edges(aspace, address, end);
	if (status == OK)
		status = protect_from(aspace, at, owned, prot, budget);
	return status == OK && owned < end ? STATUS_MORE : status;
}

/* progress->count: whether all of it was checked. */
status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t bytes, uint32_t prot,
                        struct progress *progress, unsigned *budget)
{
	uint64_t end;
	status_t status;

	bytes = align_up(bytes, PAGE_SIZE);
	status = range_check(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	progress->at = MAX(progress->at, address);
	if (!progress->count) {
		status = check_protect(aspace, &progress->at, end, prot, budget);
		if (status != OK)
			return status;
		progress->count = 1;
		progress->at = address;
	}
	return protect_range(aspace, address, end, prot, &progress->at, budget);
}

status_t aspace_query(struct aspace *aspace, uint64_t address, struct progress *progress,
                      unsigned *budget, struct map_info *out)
{
	struct mapping *mapping = aspace_mapping_from(aspace, address);

	if (!mapping)
		return E_NOENT;
	progress->at = MAX(progress->at, mapping->start);
	if (!pt_count(&aspace->pt, &progress->at, mapping->end, &progress->count, budget))
		return STATUS_MORE;
	*out = (struct map_info){
		.address = mapping->start,
		.bytes = mapping->end - mapping->start,
		.offset = mapping->offset,
		.cookie = mapping->cookie,
		.flags = mapping->flags,
		.memory_kind = mapping->memory ? mapping->memory->kind : MEMORY_KIND_ANONYMOUS,
		.resident_pages = progress->count,
	};
	return OK;
}

status_t aspace_discard(struct aspace *aspace, uint64_t address, uint64_t bytes,
                        struct progress *progress, unsigned *budget)
{
	uint64_t end;
	status_t status;

	bytes = align_up(bytes, PAGE_SIZE);
	status = range_check(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	status = own_edges(aspace, address, end);
	if (status != OK)
		return status;
	progress->at = MAX(progress->at, address);
	return pt_drop(&aspace->pt, &progress->at, end, budget) ? OK : STATUS_MORE;
}
