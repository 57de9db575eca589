/*
 * Runs of up to RUN_MAX pages out of chunks of 64. A chunk is one mapping; its pages are taken from the
 * kernel when a run is allocated and given back when it is freed, but for a few that are kept, since a fault costs more
 * than all else here; its addresses never. The first chunks are
 * described by a static table, later ones by their own first page.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include "heap_pages.h"

#define STATIC_CHUNKS 8u
#define KEPT_MAX 64u /* pages, of all chunks */

static struct chunk static_chunks[STATIC_CHUNKS];
static unsigned static_count, kept_pages;
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

/* A chunk where the run is there already, else one where it is free. */
static struct chunk *chunk_with(unsigned pages)
{
	struct list *pos;
	struct chunk *found = NULL;

	list_for_each (pos, &chunks) {
		struct chunk *chunk = list_entry(pos, struct chunk, node);

		if (runs_in(chunk->kept, pages))
			return chunk;
		if (!found && runs_in(chunk->free, pages))
			found = chunk;
	}
	return found ? found : chunk_new();
}

static void *page_of(const struct chunk *chunk, unsigned page)
{
	return (void *)(chunk->address + (uint64_t)page * HEAP_PAGE);
}

/* Gives the kept pages of all chunks back to the kernel. */
static void drop_kept(void)
{
	struct list *pos;

	list_for_each (pos, &chunks) {
		struct chunk *chunk = list_entry(pos, struct chunk, node);

		for (uint64_t rest = chunk->kept; rest; rest &= rest - 1)
			heap_source_discard(page_of(chunk, bit_lowest(rest)), HEAP_PAGE);
		chunk->kept = 0;
	}
	kept_pages = 0;
}

/* Brings in the pages of the mask; with none of them there when memory is short. */
static bool touch_pages(const struct chunk *chunk, uint64_t mask)
{
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		if (heap_source_touch(page_of(chunk, bit_lowest(rest)), HEAP_PAGE))
			continue;
		for (uint64_t done = mask & ~rest; done; done &= done - 1)
			heap_source_discard(page_of(chunk, bit_lowest(done)), HEAP_PAGE);
		return false;
	}
	return true;
}

static void clear_pages(const struct chunk *chunk, uint64_t mask)
{
	for (uint64_t rest = mask; rest; rest &= rest - 1)
		memset(page_of(chunk, bit_lowest(rest)), 0, HEAP_PAGE);
}

void *run_alloc(unsigned pages, bool is_zeroed, struct chunk **out_chunk)
{
	struct chunk *chunk = chunk_with(pages);
	uint64_t runs, run, kept;

	if (!chunk)
		return NULL;
	runs = runs_in(chunk->kept, pages);
	if (!runs)
		runs = runs_in(chunk->free, pages);
	run = mask_of(pages) << bit_lowest(runs);
	kept = run & chunk->kept;
	if (!touch_pages(chunk, run & ~kept)) {
		drop_kept();
		kept = 0;
		if (!touch_pages(chunk, run))
			return NULL;
	}
	if (is_zeroed)
		clear_pages(chunk, kept);
	kept_pages -= bit_count(kept);
	chunk->kept &= ~run;
	chunk->free &= ~run;
	*out_chunk = chunk;
	return page_of(chunk, bit_lowest(run));
}

void run_free(struct chunk *chunk, void *run, unsigned pages)
{
	uint64_t first = ((uint64_t)run - chunk->address) / HEAP_PAGE;
	uint64_t mask = mask_of(pages) << first;

	ASSERT(first + pages <= CHUNK_PAGES && !(chunk->free & mask));
	chunk->free |= mask;
	if (kept_pages + pages > KEPT_MAX) {
		heap_source_discard(run, (size_t)pages * HEAP_PAGE);
		return;
	}
	chunk->kept |= mask;
	kept_pages += pages;
}
