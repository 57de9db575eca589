/*
 * Address spaces: which ranges are mapped to what. Private pages live in the page tables alone, with a software
 * bit and a reference each; so a clone is a walk over one page table, and nothing is kept twice.
 *
 * Every operation first splits mappings at the edges of its range (which may fail for lack of memory, having
 * changed nothing that matters), then works on whole mappings (which cannot fail).
 */
#include "aspace.h"
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "domain.h"
#include "handle.h"
#include "memory.h"
#include "page.h"
#include "progress.h"

#define PRUNE_SPAN (1ul << 30) /* what one page of second-level page table maps */
#define LOWEST_GUEST 0x10000ul /* as Linux's mmap_min_addr */
#define MAP_FLAGS \
	(MAP_PROT | MAP_PRIVATE | MAP_FIXED | MAP_NOREPLACE | MAP_GROWSDOWN | MAP_CLONE_MASK)

static void init_common(struct aspace *aspace, const struct kobject *owner, uint64_t low,
                        uint64_t high)
{
	spin_init(&aspace->lock, LOCK_RANK_SPACE);
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

status_t aspace_init_space(struct aspace *aspace, const struct kobject *owner)
{
	init_common(aspace, owner, LOWEST_GUEST, GUEST_END);
	return pt_create_space(&aspace->pt, owner->domain);
}

static struct mapping *first_mapping(struct aspace *aspace)
{
	struct tree_node *node = tree_first(&aspace->mappings);

	return node ? container_of(node, struct mapping, by_address) : NULL;
}

/* From below upwards: what lies before the first mapping is free, and so are its page tables. */
bool aspace_clear(struct aspace *aspace, unsigned *budget)
{
	struct mapping *mapping;

	while ((mapping = first_mapping(aspace)) != NULL) {
		uint64_t start = align_down(mapping->start, PRUNE_SPAN);
		uint64_t end = align_up(mapping->end, PRUNE_SPAN);

		if (!budget_take(budget) || !mapping_remove(mapping, budget))
			return false;
		mapping = first_mapping(aspace);
		if (!mapping || mapping->start >= end)
			pt_prune(&aspace->pt, start, end);
	}
	return true;
}

void aspace_destroy(struct aspace *aspace)
{
	ASSERT(tree_is_empty(&aspace->mappings));
	if (aspace->pt.root.value)
		pt_destroy(&aspace->pt);
	aspace->pt.root = PADDR(0);
}

struct mapping *aspace_mapping_from(struct aspace *aspace, uint64_t address)
{
	struct tree_node *node = tree_at_or_below(&aspace->mappings, address);

	if (node && container_of(node, struct mapping, by_address)->end <= address)
		node = tree_next(node);
	else if (!node)
		node = tree_first(&aspace->mappings);
	return node ? container_of(node, struct mapping, by_address) : NULL;
}

struct mapping *aspace_mapping_at(struct aspace *aspace, uint64_t address)
{
	struct mapping *mapping = aspace_mapping_from(aspace, address);

	return mapping && mapping->start <= address ? mapping : NULL;
}

static struct mapping *next_mapping(struct mapping *mapping)
{
	struct tree_node *node = tree_next(&mapping->by_address);

	return node ? container_of(node, struct mapping, by_address) : NULL;
}

static status_t check_range(const struct aspace *aspace, uint64_t address, uint64_t bytes)
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

/* After this, mappings lie wholly inside or wholly outside [start, end). */
static status_t split_edges(struct aspace *aspace, uint64_t start, uint64_t end)
{
	status_t status = split_at(aspace, start);

	return status == OK ? split_at(aspace, end) : status;
}

/* Highest gap of bytes below limit, or 0. */
static uint64_t find_gap(struct aspace *aspace, uint64_t bytes, uint64_t limit)
{
	uint64_t top = limit;
	struct tree_node *node = tree_at_or_below(&aspace->mappings, limit - 1);

	for (; node; node = tree_prev(node)) {
		struct mapping *mapping = container_of(node, struct mapping, by_address);

		if (mapping->end < top && top - mapping->end >= bytes)
			return top - bytes;
		top = MIN(top, mapping->start);
	}
	return top > aspace->low && top - aspace->low >= bytes ? top - bytes : 0;
}

static bool is_free(struct aspace *aspace, uint64_t address, uint64_t bytes)
{
	struct mapping *mapping = aspace_mapping_from(aspace, address);

	return !mapping || mapping->start >= address + bytes;
}

/* What is at a fixed address now is still there. */
static status_t choose_address(struct aspace *aspace, uint64_t hint, uint32_t flags, uint64_t bytes,
                               uint64_t *out)
{
	bool is_hint_good = check_range(aspace, hint, bytes) == OK;

	*out = hint;
	if (flags & MAP_FIXED && !is_hint_good)
		return E_INVAL;
	if (flags & MAP_FIXED)
		return flags & MAP_NOREPLACE && !is_free(aspace, hint, bytes) ? E_EXIST : OK;
	if (hint && is_hint_good && is_free(aspace, hint, bytes))
		return OK;
	*out = find_gap(aspace, bytes,
	                hint > aspace->low && hint <= aspace->high ? align_down(hint, PAGE_SIZE)
	                                                           : aspace->high);
	if (!*out && hint)
		*out = find_gap(aspace, bytes, aspace->high);
	return *out ? OK : E_NOMEM;
}

/* What a handle's rights allow a mapping through it to have. */
static uint32_t prot_allowed(uint32_t rights, uint32_t flags)
{
	uint32_t prot = MAP_READ;

	if (!(rights & RIGHT_READ))
		return 0; /* the CPU has no memory that can be written or executed but not read */
	if (rights & RIGHT_WRITE || flags & MAP_PRIVATE)
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
	*out = (struct mapping){.flags = args->flags & ~(MAP_FIXED | MAP_NOREPLACE),
	                        .prot_max = MAP_PROT};
	out->cookie = args->cookie;
	if (!through) {
		out->flags |= MAP_PRIVATE;
		return OK;
	}
	out->memory = container_of(through->object, struct memory, obj);
	out->prot_max = prot_allowed(through->node.rights, args->flags);
	out->offset = args->offset;
	return check_memory(out->memory, args, bytes, out->prot_max);
}

/* The new mapping is ready before the first page of an old one goes. */
static status_t put_in_place(struct aspace *aspace, struct mapping *mapping,
                             struct derivation *parent, unsigned *budget)
{
	status_t status = OK;

	if (!is_free(aspace, mapping->start, mapping->end - mapping->start))
		status = aspace_unmap(aspace, mapping->start, mapping->end - mapping->start,
		                      budget);
	if (status == OK && !mapping_link(mapping, parent))
		status = E_GONE;
	if (status != OK)
		mapping_free(mapping);
	return status;
}

status_t aspace_map(struct aspace *aspace, const struct map_args *args,
                    struct handle_entry *through, unsigned *budget, uint64_t *out)
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
		status = choose_address(aspace, args->address, args->flags, bytes, &model.start);
	if (status != OK)
		return status;
	model.end = model.start + bytes;
	mapping = mapping_alloc(aspace, &model);
	if (!mapping)
		return E_NOMEM;
	*out = model.start;
	return put_in_place(aspace, mapping, through ? &through->node : NULL, budget);
}

status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t bytes, unsigned *budget)
{
	uint64_t end;
	struct mapping *mapping;
	status_t status;

	bytes = align_up(bytes, PAGE_SIZE);
	status = check_range(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	status = split_edges(aspace, address, end);
	if (status != OK)
		return status;
	while ((mapping = aspace_mapping_from(aspace, address)) != NULL && mapping->start < end) {
		if (!budget_take(budget) || !mapping_remove(mapping, budget))
			return STATUS_MORE;
	}
	return OK;
}

static unsigned pt_flags(const struct mapping *mapping)
{
	unsigned flags = mapping->memory ? memory_pt_flags(mapping->memory) : 0;

	if (mapping->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE))
		flags |= PT_READ;
	return mapping->flags & MAP_EXECUTE ? flags | PT_EXECUTE : flags;
}

/* Existing entries lose what the mapping no longer allows; what it newly allows comes by faults. */
static bool apply_protection(struct mapping *mapping, uint64_t *at, unsigned *budget)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry;

	while (pt_next(pt, at, mapping->end, &entry)) {
		unsigned write = mapping->flags & MAP_WRITE ? entry.flags & PT_WRITE : 0;

		if (!budget_take(budget))
			return false;
		pt_protect(pt, *at, pt_flags(mapping) | write | (entry.flags & PT_PRIVATE));
		pt_flush(pt, *at, 1);
		*at += PAGE_SIZE;
	}
	return true;
}

/* Of whole mappings of [address, end), from *at on. */
static bool protect_from(struct aspace *aspace, uint64_t *at, uint64_t end, uint32_t prot,
                         unsigned *budget)
{
	struct mapping *m = aspace_mapping_from(aspace, *at);

	for (; m && m->start < end; m = next_mapping(m)) {
		*at = MAX(*at, m->start);
		m->flags = (m->flags & ~MAP_PROT) | prot;
		if (!budget_take(budget) || !apply_protection(m, at, budget))
			return false;
	}
	return true;
}

static status_t check_protect(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t prot)
{
	uint64_t at = address;

	while (at < end) {
		struct mapping *mapping = aspace_mapping_at(aspace, at);

		if (!mapping)
			return E_NOENT;
		if (prot & ~mapping->prot_max)
			return E_ACCESS;
		at = mapping->end;
	}
	return OK;
}

status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t bytes, uint32_t prot,
                        struct progress *progress, unsigned *budget)
{
	uint64_t end;
	status_t status;

	bytes = align_up(bytes, PAGE_SIZE);
	if (prot & ~MAP_PROT)
		return E_INVAL;
	status = check_range(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	progress->at = MAX(progress->at, address);
	status = check_protect(aspace, address, end, prot);
	if (status == OK)
		status = split_edges(aspace, address, end);
	if (status != OK)
		return status;
	return protect_from(aspace, &progress->at, end, prot, budget) ? OK : STATUS_MORE;
}

/* progress: how far, and how many pages. */
static bool count_resident(const struct mapping *mapping, struct progress *progress,
                           unsigned *budget)
{
	struct pt_entry entry;

	progress->at = MAX(progress->at, mapping->start);
	for (; pt_next(&mapping->aspace->pt, &progress->at, mapping->end, &entry);
	     progress->at += PAGE_SIZE) {
		if (!budget_take(budget))
			return false;
		progress->count++;
	}
	return true;
}

status_t aspace_query(struct aspace *aspace, uint64_t address, struct progress *progress,
                      unsigned *budget, struct map_info *out)
{
	struct mapping *mapping = aspace_mapping_from(aspace, address);

	if (!mapping)
		return E_NOENT;
	if (!count_resident(mapping, progress, budget))
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
	status = check_range(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	progress->at = MAX(progress->at, address);
	for (struct mapping *m = aspace_mapping_from(aspace, progress->at); m && m->start < end;
	     m = next_mapping(m)) {
		progress->at = MAX(progress->at, m->start);
		if (!budget_take(budget) ||
		    !mapping_drop_pages(m, &progress->at, MIN(end, m->end), budget))
			return STATUS_MORE;
	}
	return OK;
}

/* Entries travel with the mapping; room for the tables is made first, so that nothing is lost half-way. */
static status_t move_pages(struct mapping *mapping, uint64_t from, uint64_t to, uint64_t bytes)
{
	struct pagetable *pt = &mapping->aspace->pt;
	uint64_t va = from;
	struct pt_entry entry;

	while (pt_next(pt, &va, from + bytes, &entry)) {
		status_t status = pt_map(pt, to + (va - from), entry.page, entry.flags);

		if (status != OK)
			return status;
		pt_unmap(pt, va);
		pt_flush(pt, va, 1);
		va += PAGE_SIZE;
	}
	return OK;
}

static bool overlaps(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

/* The whole mapping goes elsewhere and is new_bytes long there, which is not less. */
static status_t move_mapping(struct aspace *aspace, struct mapping *mapping, uint64_t to,
                             uint64_t new_bytes)
{
	uint64_t old = mapping->start;
	uint64_t bytes = mapping->end - old;
	status_t status = move_pages(mapping, old, to, bytes);

	if (status != OK) {
		status_t back = move_pages(mapping, to, old, bytes);

		ASSERT(back == OK); /* the old tables are still there */
		return status;
	}
	pt_prune(&aspace->pt, old, old + bytes);
	mapping_move(mapping, to, to + new_bytes);
	return OK;
}

static status_t find_new_place(struct aspace *aspace, const struct remap_args *args, uint64_t bytes,
                               uint64_t new_bytes, unsigned *budget, uint64_t *out)
{
	status_t status;

	if (!args->new_address)
		return choose_address(aspace, 0, 0, new_bytes, out);
	status = choose_address(aspace, args->new_address, MAP_FIXED, new_bytes, out);
	if (status == OK && overlaps(*out, new_bytes, args->address, bytes))
		status = E_INVAL;
	return status == OK ? aspace_unmap(aspace, *out, new_bytes, budget) : status;
}

/* All but taking away what is cut off at the end. */
static status_t remap_head(struct aspace *aspace, const struct remap_args *args, uint64_t bytes,
                           uint64_t new_bytes, unsigned *budget, uint64_t *out)
{
	struct mapping *mapping = aspace_mapping_at(aspace, args->address);
	bool is_growing = new_bytes > bytes;
	status_t status;

	*out = args->address;
	if (!mapping || mapping->end - args->address < bytes)
		return E_NOENT;
	if (!args->new_address && !is_growing)
		return OK;
	if (!args->new_address && new_bytes <= aspace->high - args->address &&
	    is_free(aspace, args->address + bytes, new_bytes - bytes)) {
		status = split_at(aspace, args->address);
		mapping = aspace_mapping_at(aspace, args->address);
		if (status == OK)
			mapping_move(mapping, mapping->start, mapping->start + new_bytes);
		return status;
	}
	if (!args->new_address && !args->may_move)
		return E_NOMEM;
	status = find_new_place(aspace, args, bytes, new_bytes, budget, out);
	if (status == OK)
		status = split_edges(aspace, args->address, args->address + MIN(bytes, new_bytes));
	return status == OK ? move_mapping(aspace, aspace_mapping_at(aspace, args->address), *out,
	                                   new_bytes)
	                    : status;
}

status_t aspace_remap(struct aspace *aspace, const struct remap_args *args,
                      struct progress *progress, unsigned *budget, uint64_t *out)
{
	uint64_t bytes = align_up(args->bytes, PAGE_SIZE);
	uint64_t new_bytes = align_up(args->new_bytes, PAGE_SIZE);
	status_t status = OK;

	if (check_range(aspace, args->address, bytes) != OK || new_bytes == 0 ||
	    new_bytes > aspace->high - aspace->low || args->reserved)
		return E_INVAL;
	if (!progress->count)
		status = remap_head(aspace, args, bytes, new_bytes, budget, &progress->at);
	if (status != OK)
		return status;
	progress->count = 1;
	*out = progress->at;
	return new_bytes < bytes
	               ? aspace_unmap(aspace, args->address + new_bytes, bytes - new_bytes, budget)
	               : OK;
}

/* Private pages from *at on are shared by both sides until one writes. */
static status_t clone_pages(struct mapping *mapping, struct aspace *to, uint64_t *at, uint64_t end,
                            unsigned *budget)
{
	struct pagetable *pt = &mapping->aspace->pt;
	struct pt_entry entry;

	for (; pt_next(pt, at, end, &entry); *at += PAGE_SIZE) {
		if (!budget_take(budget))
			return STATUS_MORE;
		if (!(entry.flags & PT_PRIVATE) || pt_lookup(&to->pt, *at).present)
			continue; /* the memory object still has it */
		if (pt_map(&to->pt, *at, entry.page,
		           entry.flags & ~(PT_WRITE | PT_DIRTY | PT_ACCESSED)) != OK)
			return E_NOMEM;
		page_ref(entry.page);
		to->resident++;
		if (entry.flags & PT_WRITE) {
			pt_protect(pt, *at, entry.flags & ~PT_WRITE);
			pt_flush(pt, *at, 1);
		}
	}
	return OK;
}

static status_t make_clone(struct mapping *mapping, struct aspace *to, struct mapping **out)
{
	struct mapping model = *mapping;

	if ((mapping->flags & MAP_CLONE_MASK) == MAP_CLONE_ZERO) {
		model.memory = NULL;
		model.offset = 0;
		model.flags |= MAP_PRIVATE;
	}
	*out = mapping_alloc(to, &model);
	if (!*out)
		return E_NOMEM;
	if (mapping_link(*out, model.memory ? mapping->node.parent : NULL))
		return OK;
	mapping_free(*out);
	return E_GONE;
}

/* Between steps both sides may have changed: what the clone has already stays, and only its ranges get pages. */
static status_t clone_mapping(struct mapping *mapping, struct aspace *to, uint64_t *at,
                              unsigned *budget)
{
	uint32_t policy = mapping->flags & MAP_CLONE_MASK;
	struct mapping *copy = aspace_mapping_from(to, mapping->start);
	status_t status = OK;

	if (policy == MAP_CLONE_DROP)
		return OK;
	if (!copy || copy->start >= mapping->end)
		status = make_clone(mapping, to, &copy);
	if (status != OK || policy != MAP_CLONE_COPY ||
	    !(mapping->flags & copy->flags & MAP_PRIVATE))
		return status;
	*at = MAX(*at, MAX(mapping->start, copy->start));
	return clone_pages(mapping, to, at, MIN(mapping->end, copy->end), budget);
}

status_t aspace_clone(struct aspace *from, struct aspace *to, uint64_t *at, unsigned *budget)
{
	struct mapping *mapping;

	while ((mapping = aspace_mapping_from(from, *at)) != NULL) {
		status_t status = budget_take(budget) ? clone_mapping(mapping, to, at, budget)
		                                      : STATUS_MORE;

		if (status != OK)
			return status;
		*at = mapping->end;
	}
	return OK;
}

void aspace_word_key(struct aspace *aspace, uint64_t address, uint64_t out[2])
{
	struct mapping *mapping = aspace_mapping_at(aspace, address);

	if (mapping && mapping->memory && !(mapping->flags & MAP_PRIVATE)) {
		out[0] = mapping->memory->obj.id;
		out[1] = mapping->offset + (address - mapping->start);
	} else {
		out[0] = aspace->id;
		out[1] = address;
	}
}
