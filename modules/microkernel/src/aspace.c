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

#define LOWEST_GUEST 0x10000ul /* as Linux's mmap_min_addr */

static void init_common(struct aspace *aspace, struct domain *domain, uint64_t low, uint64_t high)
{
	spin_init(&aspace->lock, LOCK_RANK_SPACE);
	tree_init(&aspace->mappings);
	aspace->domain = domain;
	aspace->low = low;
	aspace->high = high;
}

status_t aspace_init_native(struct aspace *aspace, struct domain *domain)
{
	init_common(aspace, domain, NATIVE_BASE + PAGE_SIZE, NATIVE_END - PAGE_SIZE);
	return pt_create_native(&aspace->pt, domain);
}

status_t aspace_init_space(struct aspace *aspace, struct domain *domain)
{
	init_common(aspace, domain, LOWEST_GUEST, GUEST_END);
	return pt_create_space(&aspace->pt, domain);
}

void aspace_clear(struct aspace *aspace)
{
	struct tree_node *node;

	while ((node = tree_first(&aspace->mappings)) != NULL)
		mapping_remove(container_of(node, struct mapping, by_address));
}

void aspace_destroy(struct aspace *aspace)
{
	aspace_clear(aspace);
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
	struct mapping *tail;

	if (!mapping || mapping->start == at)
		return OK;
	return mapping_split(mapping, at, &tail);
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

static status_t choose_address(struct aspace *aspace, const struct map_args *args, uint64_t bytes, uint64_t *out)
{
	uint64_t hint = args->address;

	if (args->flags & MAP_FIXED) {
		if (check_range(aspace, hint, bytes) != OK)
			return E_INVAL;
		if (args->flags & MAP_NOREPLACE && !is_free(aspace, hint, bytes))
			return E_EXIST;
		*out = hint;
		return args->flags & MAP_NOREPLACE ? OK : aspace_unmap(aspace, hint, bytes);
	}
	if (hint && check_range(aspace, hint, bytes) == OK && is_free(aspace, hint, bytes)) {
		*out = hint;
		return OK;
	}
	*out = find_gap(aspace, bytes, hint && hint > aspace->low && hint <= aspace->high ? hint : aspace->high);
	if (!*out && hint)
		*out = find_gap(aspace, bytes, aspace->high);
	return *out ? OK : E_NOMEM;
}

/* What a handle's rights allow a mapping through it to have. */
static uint32_t prot_allowed(uint32_t rights, uint32_t flags)
{
	uint32_t prot = 0;

	if (rights & RIGHT_READ)
		prot |= MAP_READ;
	if (rights & RIGHT_WRITE || flags & MAP_PRIVATE)
		prot |= MAP_WRITE;
	if (rights & RIGHT_EXECUTE)
		prot |= MAP_EXECUTE;
	return prot;
}

static status_t check_memory(const struct memory *memory, const struct map_args *args, uint64_t bytes, uint32_t prot_max)
{
	if (!is_aligned(args->offset, PAGE_SIZE) || args->offset + bytes < args->offset)
		return E_INVAL;
	if (memory->flags & MEMORY_FIXED && args->offset + bytes > memory->bytes)
		return E_RANGE;
	return args->flags & MAP_PROT & ~prot_max ? E_ACCESS : OK;
}

status_t aspace_map(struct aspace *aspace, const struct map_args *args, struct handle_entry *through, uint64_t *out)
{
	uint64_t bytes = align_up(args->bytes, PAGE_SIZE);
	struct mapping model = { .flags = args->flags & ~(MAP_FIXED | MAP_NOREPLACE), .prot_max = MAP_PROT };
	struct mapping *mapping;
	status_t status;

	if (args->bytes == 0 || bytes < args->bytes || args->flags & ~0x3ffu)
		return E_INVAL;
	if (through) {
		model.memory = container_of(through->object, struct memory, obj);
		model.prot_max = prot_allowed(through->node.rights, args->flags);
		status = check_memory(model.memory, args, bytes, model.prot_max);
		if (status != OK)
			return status;
	} else {
		model.flags |= MAP_PRIVATE;
	}
	status = choose_address(aspace, args, bytes, &model.start);
	if (status != OK)
		return status;
	model.end = model.start + bytes;
	model.offset = through ? args->offset : 0;
	model.cookie = args->cookie;
	status = mapping_create(aspace, &model, through ? &through->node : NULL, &mapping);
	if (status == OK)
		*out = model.start;
	return status;
}

status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t bytes)
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
	while ((mapping = aspace_mapping_from(aspace, address)) != NULL && mapping->start < end)
		mapping_remove(mapping);
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
static void apply_protection(struct mapping *mapping)
{
	struct pagetable *pt = &mapping->aspace->pt;
	uint64_t va = mapping->start;
	struct pt_entry entry;

	while (pt_next(pt, &va, mapping->end, &entry)) {
		unsigned write = mapping->flags & MAP_WRITE ? entry.flags & PT_WRITE : 0;

		pt_protect(pt, va, pt_flags(mapping) | write | (entry.flags & PT_PRIVATE));
		pt_flush(pt, va, 1);
		va += PAGE_SIZE;
	}
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

status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t bytes, uint32_t prot)
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
	status = check_protect(aspace, address, end, prot);
	if (status == OK)
		status = split_edges(aspace, address, end);
	if (status != OK)
		return status;
	for (struct mapping *m = aspace_mapping_at(aspace, address); m && m->start < end; m = next_mapping(m)) {
		m->flags = (m->flags & ~MAP_PROT) | prot;
		apply_protection(m);
	}
	return OK;
}

status_t aspace_query(struct aspace *aspace, uint64_t address, struct map_info *out)
{
	struct mapping *mapping = aspace_mapping_from(aspace, address);
	uint64_t resident = 0;
	struct pt_entry entry;

	if (!mapping)
		return E_NOENT;
	for (uint64_t va = mapping->start; pt_next(&aspace->pt, &va, mapping->end, &entry); va += PAGE_SIZE)
		resident++;
	*out = (struct map_info){
		.address = mapping->start,
		.bytes = mapping->end - mapping->start,
		.offset = mapping->offset,
		.cookie = mapping->cookie,
		.flags = mapping->flags,
		.memory_kind = mapping->memory ? mapping->memory->kind : MEMORY_KIND_ANONYMOUS,
		.resident_pages = resident,
	};
	return OK;
}

status_t aspace_discard(struct aspace *aspace, uint64_t address, uint64_t bytes)
{
	uint64_t end;
	status_t status;

	bytes = align_up(bytes, PAGE_SIZE);
	status = check_range(aspace, address, bytes);
	if (status != OK)
		return status;
	end = address + bytes;
	for (struct mapping *m = aspace_mapping_from(aspace, address); m && m->start < end; m = next_mapping(m))
		mapping_drop_pages(m, MAX(address, m->start), MIN(end, m->end));
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

static status_t move_mapping(struct aspace *aspace, struct mapping *mapping, const struct remap_args *args,
                             uint64_t new_bytes, uint64_t *out)
{
	struct map_args where = { .address = args->new_address, .flags = args->new_address ? MAP_FIXED : 0 };
	uint64_t old = mapping->start;
	uint64_t bytes = mapping->end - mapping->start;
	uint64_t to;
	status_t status;

	if (args->new_address && args->new_address < mapping->end && args->new_address + new_bytes > mapping->start)
		return E_INVAL;
	status = choose_address(aspace, &where, new_bytes, &to);
	if (status != OK)
		return status;
	status = move_pages(mapping, old, to, bytes);
	if (status != OK) {
		status_t back = move_pages(mapping, to, old, bytes);

		ASSERT(back == OK); /* the old tables are still there */
		return status;
	}
	pt_prune(&aspace->pt, old, old + bytes);
	mapping_move(mapping, to, to + new_bytes);
	*out = to;
	return OK;
}

status_t aspace_remap(struct aspace *aspace, const struct remap_args *args, uint64_t *out)
{
	uint64_t bytes = align_up(args->bytes, PAGE_SIZE);
	uint64_t new_bytes = align_up(args->new_bytes, PAGE_SIZE);
	struct mapping *mapping;
	status_t status = check_range(aspace, args->address, bytes);

	if (status != OK || new_bytes == 0 || new_bytes > aspace->high - aspace->low)
		return E_INVAL;
	mapping = aspace_mapping_at(aspace, args->address);
	if (!mapping || mapping->end < args->address + bytes)
		return E_NOENT;
	status = split_edges(aspace, args->address, args->address + bytes);
	if (status != OK)
		return status;
	mapping = aspace_mapping_at(aspace, args->address);
	*out = args->address;
	if (args->new_address)
		return move_mapping(aspace, mapping, args, new_bytes, out);
	if (new_bytes <= bytes)
		return new_bytes < bytes ? aspace_unmap(aspace, args->address + new_bytes, bytes - new_bytes) : OK;
	if (is_free(aspace, mapping->end, new_bytes - bytes) && args->address + new_bytes <= aspace->high) {
		mapping_move(mapping, mapping->start, mapping->start + new_bytes);
		return OK;
	}
	return args->may_move ? move_mapping(aspace, mapping, args, new_bytes, out) : E_NOMEM;
}

/* Private pages are shared by both sides until one writes. */
static status_t clone_pages(struct mapping *mapping, struct aspace *to)
{
	struct pagetable *pt = &mapping->aspace->pt;
	uint64_t va = mapping->start;
	struct pt_entry entry;

	for (; pt_next(pt, &va, mapping->end, &entry); va += PAGE_SIZE) {
		status_t status;

		if (!(entry.flags & PT_PRIVATE))
			continue; /* the memory object still has it */
		status = pt_map(&to->pt, va, entry.page, entry.flags & ~(PT_WRITE | PT_DIRTY | PT_ACCESSED));
		if (status != OK)
			return status;
		page_ref(entry.page);
		to->resident++;
		if (entry.flags & PT_WRITE) {
			pt_protect(pt, va, entry.flags & ~PT_WRITE);
			pt_flush(pt, va, 1);
		}
	}
	return OK;
}

static status_t clone_mapping(struct mapping *mapping, struct aspace *to)
{
	uint32_t policy = mapping->flags & MAP_CLONE_MASK;
	struct mapping model = *mapping;
	struct mapping *copy;
	status_t status;

	if (policy == MAP_CLONE_DROP)
		return OK;
	if (policy == MAP_CLONE_ZERO) {
		model.memory = NULL;
		model.offset = 0;
		model.flags |= MAP_PRIVATE;
	}
	status = mapping_create(to, &model, model.memory ? mapping->node.parent : NULL, &copy);
	if (status == OK && policy == MAP_CLONE_COPY && mapping->flags & MAP_PRIVATE)
		status = clone_pages(mapping, to);
	return status;
}

status_t aspace_clone(struct aspace *from, struct aspace *to)
{
	for (struct tree_node *node = tree_first(&from->mappings); node; node = tree_next(node)) {
		status_t status = clone_mapping(container_of(node, struct mapping, by_address), to);

		if (status != OK)
			return status;
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
		out[0] = (uint64_t)aspace;
		out[1] = address;
	}
}
