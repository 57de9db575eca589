/*
 * Page tables of processes and confined spaces; 4 KiB leaves only. Every table is charged to the tree's
 * domain and counts its entries in its struct page, so that an empty one is known without a look at it. A confined
 * space has two roots that share all tables below the top level: the monitor's root repeats the lower half's entries
 * with NX and adds the monitor's window. Or it has one root for both, with the guest's entries as they are.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "cpu.h"
#include "page.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"

status_t pt_create_native(struct pagetable *pt, struct domain *domain)
{
	uint64_t *root;

	*pt = (struct pagetable){.domain = domain};
	pt->root = page_alloc_table(domain);
	if (!pt->root.value)
		return E_NOMEM;
	root = direct(pt->root);
	kernel_map_enter(root);
	for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
		if (!pt_add_table(pt, &root[WINDOW_SLOT + i])) {
			pt_destroy(pt);
			return E_NOMEM;
		}
	}
	return OK;
}

status_t pt_create_space(struct pagetable *pt, struct domain *domain, bool has_one_root)
{
	*pt = (struct pagetable){.domain = domain};
	pt->root = page_alloc_table(domain);
	pt->monitor_root = has_one_root ? pt->root : page_alloc_table(domain);
	if (!pt->root.value || !pt->monitor_root.value) {
		pt_destroy(pt);
		return E_NOMEM;
	}
	kernel_map_enter(direct(pt->root));
	kernel_map_enter(direct(pt->monitor_root));
	return OK;
}

void pt_attach_monitor(struct pagetable *space_pt, const struct pagetable *native_pt)
{
	const uint64_t *from = direct(native_pt->root);
	uint64_t *to = direct(space_pt->monitor_root);

	ASSERT(space_pt->monitor_root.value && !native_pt->monitor_root.value);
	for (unsigned i = WINDOW_SLOT; i < WINDOW_SLOT + WINDOW_SLOTS; i++)
		to[i] = from[i];
}

static uint64_t *table_around(uint64_t *entry)
{
	return (uint64_t *)((uintptr_t)entry & ~(PAGE_SIZE - 1));
}

void pt_set_entry(struct pagetable *pt, uint64_t *entry, uint64_t value)
{
	uint64_t *table = table_around(entry);
	uint64_t *mirror = direct(pt->monitor_root);
	unsigned index = (unsigned)(entry - table);

	table_page(table)->entries += !!value - !!*entry;
	*entry = value;
	if (pt->monitor_root.value && table == direct(pt->root) && index < LOWER_SLOTS &&
	    mirror != table)
		mirror[index] = value ? value | PTE_NX : 0;
}

uint64_t *pt_add_table(struct pagetable *pt, uint64_t *entry)
{
	paddr_t page = page_alloc_table(pt->domain);

	if (!page.value)
		return NULL;
	pt_set_entry(pt, entry, page.value | USER_TABLE);
	return direct(page);
}

uint64_t *pt_make(struct pagetable *pt, uint64_t va, int level)
{
	uint64_t *table = direct(pt->root);

	for (int l = LEVELS; table && l > level; l--) {
		uint64_t *entry = &table[level_index(va, l)];

		table = *entry & PTE_PRESENT ? table_of(*entry) : pt_add_table(pt, entry);
	}
	return table ? &table[level_index(va, level)] : NULL;
}

/* The leaf entry for va, which may be changed; null when memory ran out. */
static uint64_t *leaf_make(struct pagetable *pt, uint64_t va)
{
	uint64_t *entry = pt_walk(pt, va, 2, NULL);

	if (!entry)
		entry = pt_make(pt, va, 2);
	if (!entry)
		return NULL;
	if (!*entry && !pt_add_table(pt, entry))
		return NULL;
	if (is_shared_table(*entry) && pt_own(pt, va) != OK)
		return NULL;
	return &table_of(*entry)[level_index(va, 1)];
}

/* The leaf entry for va, if there is one, and whether it may be changed. */
static inline uint64_t *leaf_find(const struct pagetable *pt, uint64_t va, bool *out_is_shared)
{
	const uint64_t *entry = pt_walk(pt, va, 2, NULL);

	if (!entry || !*entry)
		return NULL;
	*out_is_shared = is_shared_table(*entry);
	return &table_of(*entry)[level_index(va, 1)];
}

/* Bits that mean the same in flags and in a leaf. */
#define SAME_BITS (PT_READ | PT_WRITE | PT_UNCACHED | PT_WRITECOMBINE | PT_PRIVATE)
STATIC_ASSERT(PT_READ == PTE_PRESENT && PT_WRITE == PTE_WRITE && PT_UNCACHED == PTE_CACHE_DISABLE);
STATIC_ASSERT(PT_WRITECOMBINE == PTE_PAT && PT_PRIVATE == PTE_PRIVATE);
STATIC_ASSERT(PT_ACCESSED == PTE_ACCESSED && PT_DIRTY == PTE_DIRTY);

/* A leaf that is not 0 is held, even when PT_READ is missing and the CPU does not see it: it always has PTE_USER. */
static uint64_t entry_bits(unsigned flags)
{
	uint64_t bits = PTE_USER | (flags & SAME_BITS);

	if (flags & PT_UNCACHED)
		bits = (bits & ~PTE_PAT) | PTE_WRITE_THROUGH;
	return flags & PT_EXECUTE ? bits : bits | PTE_NX;
}

uint64_t pte_encode(uint64_t page, unsigned flags)
{
	return pte_invert_hidden(page | entry_bits(flags));
}

static struct pt_entry entry_decode(uint64_t entry)
{
	unsigned flags = (unsigned)entry & (SAME_BITS | PT_DIRTY | PT_ACCESSED);

	if (!entry)
		return (struct pt_entry){0};
	return (struct pt_entry){
		.page = leaf_page(entry),
		.flags = entry & PTE_NX ? flags : flags | PT_EXECUTE,
		.present = true,
	};
}

/* Exchanged atomically: another CPU may be setting the dirty bit. */
static uint64_t set_leaf(struct pagetable *pt, uint64_t *leaf, uint64_t value)
{
	struct page *page = table_page(table_around(leaf));
	uint64_t old = __atomic_exchange_n(leaf, value, __ATOMIC_RELAXED);

	page->entries += !!value - !!old;
	pt->resident += (uint64_t) !!value - !!old;
	page->owned += !!(value & PTE_PRIVATE) - !!(old & PTE_PRIVATE);
	return old;
}

status_t pt_map(struct pagetable *pt, uint64_t va, paddr_t page, unsigned flags)
{
	uint64_t *leaf = leaf_make(pt, va);

	if (!leaf)
		return E_NOMEM;
	set_leaf(pt, leaf, pte_encode(page.value, flags));
	return OK;
}

void pt_fill(struct pagetable *pt, uint64_t va, const struct pt_entry *entries, unsigned count)
{
	uint64_t entry = *pt_walk(pt, va, 2, NULL);
	uint64_t *leaf = &table_of(entry)[level_index(va, 1)];
	unsigned filled = 0;

	ASSERT(entry && !is_shared_table(entry));
	for (unsigned i = 0; i < count; i++) {
		if (!entries[i].present || leaf[i])
			continue;
		leaf[i] = pte_encode(entries[i].page.value, entries[i].flags);
		filled++;
	}
	table_page(table_of(entry))->entries += filled;
	pt->resident += filled;
}

struct pt_entry pt_lookup(const struct pagetable *pt, uint64_t va)
{
	bool is_shared = false;
	const uint64_t *leaf = leaf_find(pt, va, &is_shared);

	return entry_decode(!leaf ? 0 : is_shared ? *leaf & ~PTE_WRITE : *leaf);
}

struct pt_entry pt_unmap(struct pagetable *pt, uint64_t va)
{
	bool is_shared = false;
	uint64_t *leaf = leaf_find(pt, va, &is_shared);

	if (!leaf || !*leaf)
		return (struct pt_entry){0};
	ASSERT(!is_shared);
	return entry_decode(set_leaf(pt, leaf, 0));
}

void pt_protect(struct pagetable *pt, uint64_t va, unsigned flags)
{
	bool is_shared = false;
	uint64_t *leaf = leaf_find(pt, va, &is_shared);
	uint64_t old, new;

	if (!leaf || !*leaf)
		return;
	ASSERT(!is_shared && !(*leaf & PTE_PRIVATE) == !(flags & PT_PRIVATE));
	old = *leaf;
	do {
		new = pte_encode(pte_invert_hidden(old) & PTE_ADDRESS, flags);
		new |= old &(PTE_DIRTY | PTE_ACCESSED);
	} while (!__atomic_compare_exchange_n(leaf, &old, new, false, __ATOMIC_RELAXED,
	                                      __ATOMIC_RELAXED));
}

bool pt_next(const struct pagetable *pt, uint64_t *va, uint64_t end, struct pt_entry *out)
{
	unsigned budget = UINT32_MAX;
	const uint64_t *entry;

	while ((entry = pt_find_table(pt, va, end, &budget)) != NULL) {
		const uint64_t *table = table_of(*entry);
		unsigned stop = leaf_stop(*va, span_end(*va, 2, end));
		unsigned index = skip_empty(table, level_index(*va, 1), stop);

		*va = leaf_address(*va, index);
		if (index == stop)
			continue;
		*out = entry_decode(is_shared_table(*entry) ? table[index] & ~PTE_WRITE
		                                            : table[index]);
		return true;
	}
	return false;
}
