/*
 * Sweep: a page of a memory object leaves every mapping of the object, or every mapping loses the right to write
 * to it. Few mappings are seen to at once. Of many, a sweep looks at some, and stays in the object until it has seen
 * all: whoever needs the page, or the next sweep, goes on with it (sweep_finish), whoever began it.
 */
#pragma once
#include <base/list.h>
#include "arch/arch.h"

struct memory;

#define SWEEP_AT_ONCE 32u /* mappings */
#define SLOT_SWEPT \
	2u /* alone in a slot of the page map: its page is being taken out of the mappings */

struct sweep {
	bool is_on;
	paddr_t page; /* held; no longer in its slot. 0: it stays, and may not be written any more */
	uint64_t offset; /* of the page in the object */
	uint64_t heir;   /* what the slot becomes */
	struct list at;  /* among the object's mappings: it has seen those before */
};

/* The page of a slot leaves all mappings and is given up. The slot becomes heir: at once, or when the sweep is over. */
void sweep_out(struct memory *memory, uint64_t offset, uint64_t *slot, uint64_t heir);
/* The caller has seen to it that the page is not entered writable any more. */
void sweep_write_protect(struct memory *memory, uint64_t offset);
bool sweep_go_on(struct memory *memory, unsigned *budget); /* false: the budget did not do */
