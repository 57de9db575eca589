/*
 * Page tables of processes and confined spaces; 4 KiB leaves only. Every table is charged to the tree's
 * domain. A confined space has two roots that share all tables below the top level: the monitor's root
 * repeats the lower half's entries with NX and adds the monitor's window.
 */
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "cpu.h"
#include "page.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"

#define USER_TABLE (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define LOWER_SLOTS 256u

static void copy_kernel_half(paddr_t root)
{
	const uint64_t *from = direct(kernel_root);
	uint64_t *to = direct(root);

	for (unsigned i = KERNEL_SLOT; i < TABLE_ENTRIES; i++)
		to[i] = from[i];
}

status_t pt_create_native(struct pagetable *pt, struct domain *domain)
{
	uint64_t *root;

	*pt = (struct pagetable){.domain = domain};
	pt->root = page_alloc_table(domain);
	if (!pt->root.value)
		return E_NOMEM;
	root = direct(pt->root);
	for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
		paddr_t table = page_alloc_table(domain);

		if (!table.value) {
			pt_destroy(pt);
			return E_NOMEM;
		}
		root[WINDOW_SLOT + i] = table.value | USER_TABLE;
	}
	copy_kernel_half(pt->root);
	return OK;
}

status_t pt_create_space(struct pagetable *pt, struct domain *domain)
{
	*pt = (struct pagetable){.domain = domain};
	pt->root = page_alloc_table(domain);
	pt->monitor_root = page_alloc_table(domain);
	if (!pt->root.value || !pt->monitor_root.value) {
		pt_destroy(pt);
		return E_NOMEM;
	}
	copy_kernel_half(pt->root);
	copy_kernel_half(pt->monitor_root);
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

/* Sets a top-level entry, in the monitor's root too. */
static void set_top(struct pagetable *pt, unsigned slot, uint64_t entry)
{
	uint64_t *root = direct(pt->root);
	uint64_t *mirror = direct(pt->monitor_root);

	root[slot] = entry;
	if (pt->monitor_root.value && slot < LOWER_SLOTS)
		mirror[slot] = entry ? entry | PTE_NX : 0;
}

/* The leaf entry for va, with the tables above made as needed; null when memory ran out. */
static uint64_t *leaf_make(struct pagetable *pt, uint64_t va)
{
	uint64_t *table = direct(pt->root);

	for (int level = LEVELS; level > 1; level--) {
		unsigned index = level_index(va, level);

		if (!(table[index] & PTE_PRESENT)) {
			paddr_t page = page_alloc_table(pt->domain);

			if (!page.value)
				return NULL;
			if (level == LEVELS)
				set_top(pt, index, page.value | USER_TABLE);
			else
				table[index] = page.value | USER_TABLE;
		}
		table = table_of(table[index]);
	}
	return &table[level_index(va, 1)];
}

/* A leaf that is not 0 is held, even when PT_READ is missing and the CPU does not see it: it always has PTE_USER. */
static uint64_t entry_bits(unsigned flags)
{
	uint64_t bits = PTE_USER;

	if (flags & PT_READ)
		bits |= PTE_PRESENT;
	if (flags & PT_PRIVATE)
		bits |= PTE_PRIVATE;
	if (flags & PT_WRITE)
		bits |= PTE_WRITE;
	if (!(flags & PT_EXECUTE))
		bits |= PTE_NX;
	if (flags & PT_UNCACHED)
		bits |= PTE_CACHE_DISABLE | PTE_WRITE_THROUGH;
	else if (flags & PT_WRITECOMBINE)
		bits |= PTE_PAT;
	return bits;
}

/*
 * A leaf that the CPU must not see has its address inverted, so that it points beyond all RAM: some CPUs
 * use it speculatively in spite of the clear present bit (L1 terminal fault).
 */
static uint64_t invert_hidden(uint64_t entry)
{
	return entry & PTE_PRESENT ? entry : entry ^ PTE_ADDRESS;
}

static uint64_t entry_encode(uint64_t page, unsigned flags)
{
	return invert_hidden(page | entry_bits(flags));
}

static struct pt_entry entry_decode(uint64_t entry)
{
	struct pt_entry out = {.page = PADDR(invert_hidden(entry) & PTE_ADDRESS), .present = true};

	if (!entry)
		return (struct pt_entry){0};
	out.flags |= entry & PTE_PRESENT ? PT_READ : 0;
	out.flags |= entry & PTE_PRIVATE ? PT_PRIVATE : 0;
	out.flags |= entry & PTE_WRITE ? PT_WRITE : 0;
	out.flags |= entry & PTE_NX ? 0 : PT_EXECUTE;
	out.flags |= entry & PTE_CACHE_DISABLE ? PT_UNCACHED : 0;
	out.flags |= entry & PTE_PAT ? PT_WRITECOMBINE : 0;
	out.flags |= entry & PTE_DIRTY ? PT_DIRTY : 0;
	out.flags |= entry & PTE_ACCESSED ? PT_ACCESSED : 0;
	return out;
}

status_t pt_map(struct pagetable *pt, uint64_t va, paddr_t page, unsigned flags)
{
	uint64_t *leaf = leaf_make(pt, va);

	if (!leaf)
		return E_NOMEM;
	*leaf = entry_encode(page.value, flags);
	return OK;
}

struct pt_entry pt_lookup(const struct pagetable *pt, uint64_t va)
{
	const uint64_t *leaf = pt_walk(pt, va, 1, NULL);

	return entry_decode(leaf ? *leaf : 0);
}

/* Exchanged atomically: another CPU may be setting the dirty bit. */
struct pt_entry pt_unmap(struct pagetable *pt, uint64_t va)
{
	uint64_t *leaf = pt_walk(pt, va, 1, NULL);

	return entry_decode(leaf && *leaf ? __atomic_exchange_n(leaf, 0, __ATOMIC_RELAXED) : 0);
}

void pt_protect(struct pagetable *pt, uint64_t va, unsigned flags)
{
	uint64_t *leaf = pt_walk(pt, va, 1, NULL);
	uint64_t old, new;

	if (!leaf || !*leaf)
		return;
	old = *leaf;
	do {
		new = entry_encode(invert_hidden(old) & PTE_ADDRESS, flags);
		new |= old &(PTE_DIRTY | PTE_ACCESSED);
	} while (!__atomic_compare_exchange_n(leaf, &old, new, false, __ATOMIC_RELAXED,
	                                      __ATOMIC_RELAXED));
}

bool pt_next(const struct pagetable *pt, uint64_t *va, uint64_t end, struct pt_entry *out)
{
	uint64_t at = align_down(*va, PAGE_SIZE);

	while (at < end) {
		int missing = 1;
		const uint64_t *leaf = pt_walk(pt, at, 1, &missing);

		if (!leaf) {
			at = align_down(at, level_span(missing)) + level_span(missing);
			if (at == 0)
				return false;
			continue;
		}
		do {
			if (*leaf) {
				*va = at;
				*out = entry_decode(*leaf);
				return true;
			}
			leaf++;
			at += PAGE_SIZE;
		} while (at < end && level_index(at, 1) != 0);
	}
	return false;
}
