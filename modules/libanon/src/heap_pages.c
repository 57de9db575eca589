/*
 * Runs of up to RUN_MAX pages out of chunks of 64. A chunk is one mapping; its pages are taken from the
 * kernel when a run is allocated and given back when it is freed, its addresses never. The first chunks are
 * described by a static table, later ones by their own first page.
 */
#include <base/assert.h>
#include <base/bits.h>
#include "heap_pages.h"

#define STATIC_CHUNKS 8u

static struct chunk static_chunks[STATIC_CHUNKS];
static unsigned static_count;
static struct list chunks = LIST_INIT(chunks);

static uint64_t mask_of(unsigned pages)
{
	return pages == 64 ? UINT64_MAX : BIT(pages) - 1;
}

/* Bit i of the result: pages i to i + count - 1 are all free. */
static uint64_t runs_in(uint64_t free, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		free &= (free >> 1) & (UINT64_MAX >> 1);
	return free;
}

static struct chunk *chunk_new(void)
{
	void *pages = heap_source_map(CHUNK_BYTES);
	struct chunk *chunk;

	if (!pages)
		return NULL;
	if (static_count < STATIC_CHUNKS) {
		chunk = &static_chunks[static_count++];
		chunk->free = UINT64_MAX;
	} else if (heap_source_touch(pages, HEAP_PAGE)) {
		chunk = pages;
		chunk->free = ~1ull;
	} else {
		heap_source_unmap(pages, CHUNK_BYTES);
		return NULL;
	}
	chunk->address = (uint64_t)pages;
	list_push_back(&chunks, &chunk->node);
	return chunk;
}

static struct chunk *chunk_with(unsigned pages)
{
	struct list *pos;

	list_for_each (pos, &chunks) {
		struct chunk *chunk = list_entry(pos, struct chunk, node);

		if (runs_in(chunk->free, pages))
			return chunk;
	}
	return chunk_new();
}

void *run_alloc(unsigned pages, struct chunk **out_chunk)
{
	struct chunk *chunk = chunk_with(pages);
	unsigned first;
	void *run;

	if (!chunk)
		return NULL;
	first = bit_lowest(runs_in(chunk->free, pages));
	run = (void *)(chunk->address + (uint64_t)first * HEAP_PAGE);
	if (!heap_source_touch(run, (size_t)pages * HEAP_PAGE))
		return NULL;
	chunk->free &= ~(mask_of(pages) << first);
	*out_chunk = chunk;
	return run;
}

void run_free(struct chunk *chunk, void *run, unsigned pages)
{
	uint64_t first = ((uint64_t)run - chunk->address) / HEAP_PAGE;

	ASSERT(first + pages <= CHUNK_PAGES && !(chunk->free & mask_of(pages) << first));
	heap_source_discard(run, (size_t)pages * HEAP_PAGE);
	chunk->free |= mask_of(pages) << first;
}
