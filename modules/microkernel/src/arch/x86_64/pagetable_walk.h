/*
 * What the files about page tables share.
 */
#pragma once
#include "arch/x86_64/pte.h"

/*
 * The entry for va at the given level, following what is there. Null when a table on the way is missing; then
 * *out_missing (may be null) is the level of the empty entry, whose whole span is empty.
 */
static inline uint64_t *pt_walk(const struct pagetable *pt, uint64_t va, int level,
                                int *out_missing)
{
	uint64_t *table = direct(pt->root);

	for (int l = LEVELS; l > level; l--) {
		uint64_t entry = table[level_index(va, l)];

		if (!(entry & PTE_PRESENT)) {
			if (out_missing)
				*out_missing = l;
			return NULL;
		}
		table = table_of(entry);
	}
	return &table[level_index(va, level)];
}

/* In tlb.c: another thread is current. The way out of the kernel loads its root; until then nothing of it is used. */
void pt_note_switch(const struct thread *to);
/* In tlb.c: the CPU idles, or its root dies; the kernel's own is loaded. */
void pt_leave(void);
/* In tlb.c: takes the tree off all CPUs that have it loaded. */
void pt_unload(const struct pagetable *pt);
/* In tlb.c: forgets cached upper levels after a table was taken out, before it is given back. */
void pt_forget_tables(const struct pagetable *pt);
