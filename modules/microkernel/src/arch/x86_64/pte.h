/*
 * Page-table entries and indices. A table has 512 entries; level 4 is the root, level 1 holds the leaves.
 */
#pragma once
#include <stdint.h>
#include "arch/arch.h"

#define PTE_PRESENT 1ul
#define PTE_WRITE 2ul
#define PTE_USER 4ul
#define PTE_WRITE_THROUGH 8ul
#define PTE_CACHE_DISABLE 0x10ul
#define PTE_ACCESSED 0x20ul
#define PTE_DIRTY 0x40ul
#define PTE_LARGE 0x80ul /* levels 2 and 3 */
#define PTE_PAT 0x80ul   /* level 1 */
#define PTE_GLOBAL 0x100ul
#define PTE_PRIVATE 0x200ul /* software: PT_PRIVATE */
#define PTE_NX (1ul << 63)
#define PTE_ADDRESS 0x000ffffffffff000ul

#define TABLE_ENTRIES 512u
#define LEVELS 4
#define LARGE_PAGE (2ul << 20)
#define HUGE_PAGE (1ul << 30)

static inline int level_shift(int level)
{
	return PAGE_SHIFT + 9 * (level - 1);
}

/* Bytes that one entry of a table of this level spans. */
static inline uint64_t level_span(int level)
{
	return 1ul << level_shift(level);
}

static inline unsigned level_index(uint64_t va, int level)
{
	return (unsigned)(va >> level_shift(level)) % TABLE_ENTRIES;
}

static inline uint64_t *table_of(uint64_t entry)
{
	return direct(PADDR(entry & PTE_ADDRESS));
}
