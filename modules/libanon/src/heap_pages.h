/*
 * The heap's two lower layers: runs of pages cut from chunks, and where chunks come from. Not for programs;
 * heap.c's mutex is held around all of it. Host tests replace heap_source.c.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/list.h>

#define HEAP_PAGE 4096u
#define CHUNK_PAGES 64u
#define CHUNK_BYTES (CHUNK_PAGES * HEAP_PAGE)
#define RUN_MAX 32u /* pages; longer blocks are mapped by themselves */

struct chunk {
	struct list node;
	uint64_t address;
	uint64_t free; /* bit i: page i is free; unless kept, it is not there and will be zero */
	uint64_t kept; /* bit i: page i is free and still there, with what was in it */
};

/* Pages that are really there, zeroed or as they are; or null. */
void *run_alloc(unsigned pages, bool is_zeroed, struct chunk **out_chunk);
void run_free(struct chunk *chunk, void *run, unsigned pages);

/* heap_source.c: zeroed pages on first touch, or null. */
void *heap_source_map(size_t bytes);
void heap_source_unmap(void *pages, size_t bytes);
/* Makes the pages be there, still zero; false, with none of them there, when memory is short. */
bool heap_source_touch(void *pages, size_t bytes);
/* Gives the memory back and keeps the addresses: zero pages again on the next touch. */
void heap_source_discard(void *pages, size_t bytes);
