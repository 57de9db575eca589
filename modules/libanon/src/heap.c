/*
 * The heap: size classes on single pages (slabs), runs of pages and direct mappings above them.
 *
 * A slab page begins with a struct slab whose bitmap says which blocks are taken, so nothing is kept inside
 * free blocks and every double or misaligned free is seen. Blocks of a slab are never page aligned, larger
 * blocks always are: that is how heap_free tells them apart. Larger blocks are in a tree by address. A few
 * single pages are kept for the next slab or block of a page; all else that is free goes back to the kernel at once.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <base/tree.h>
#include <libanon/heap.h>
#include <libanon/mutex.h>
#include "heap_pages.h"

#define SLAB_MAGIC 0x62616c73u
#define SLAB_BITS 256u
#define KEPT_MAX 8u
#define SMALL_MAX 2016u
#define CLASS_COUNT 14u

struct slab {
	struct list node; /* in its class while it has free blocks, or in kept_pages */
	struct chunk *chunk;
	uint32_t magic;
	uint16_t class;
	uint16_t used;
	uint64_t taken[SLAB_BITS / 64]; /* bits beyond the last block are set */
};
STATIC_ASSERT(sizeof(struct slab) == 64, "16-byte alignment and 252 blocks of 16 bytes");

/* A block of one or more whole pages. */
struct large {
	struct tree_node node; /* key: the address */
	struct chunk *chunk;   /* null: mapped by itself */
	size_t bytes;
};

static const uint16_t class_bytes[CLASS_COUNT] = {16,  32,  48,  64,  96,   128,  192,
                                                  256, 384, 512, 672, 1008, 1344, SMALL_MAX};

static struct mutex heap_mutex = MUTEX_INIT;
static struct list partial_slabs[CLASS_COUNT]; /* zero until heap_begin_locked */
static struct list kept_pages; /* each begins with a struct slab, of which node and chunk count */
static unsigned kept_count;
static struct tree large_blocks = TREE_INIT;
static struct heap_statistics statistics;

static void heap_begin_locked(void)
{
	if (kept_pages.next)
		return;
	list_init(&kept_pages);
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		list_init(&partial_slabs[i]);
}

static unsigned class_of(size_t bytes)
{
	unsigned class = 0;

	while (class_bytes[class] < bytes)
		class ++;
	return class;
}

static unsigned capacity_of(unsigned class)
{
	return (HEAP_PAGE - sizeof(struct slab)) / class_bytes[class];
}

/* --- single pages --- */

/* *out_is_zero: it is fresh from the kernel. */
static void *page_get(struct chunk **out_chunk, bool *out_is_zero)
{
	struct list *kept = list_first(&kept_pages);
	void *page;

	*out_is_zero = !kept;
	if (kept) {
		list_remove(kept);
		kept_count--;
		*out_chunk = list_entry(kept, struct slab, node)->chunk;
		return list_entry(kept, struct slab, node);
	}
	page = run_alloc(1, out_chunk);
	if (page)
		statistics.pages++;
	return page;
}

static void page_put(void *page, struct chunk *chunk)
{
	struct slab *slab = page;

	if (kept_count == KEPT_MAX) {
		statistics.pages--;
		run_free(chunk, page, 1);
		return;
	}
	slab->chunk = chunk;
	slab->magic = 0;
	list_init(&slab->node);
	list_push_front(&kept_pages, &slab->node);
	kept_count++;
}

/* --- slabs --- */

/* The word of the bitmap of a slab without taken blocks: what lies behind the last block can never be had. */
static uint64_t taken_at_first(unsigned capacity, unsigned word)
{
	if (capacity <= word * 64)
		return UINT64_MAX;
	return capacity - word * 64 >= 64 ? 0 : UINT64_MAX << (capacity - word * 64);
}

static struct slab *slab_new(unsigned class)
{
	struct chunk *chunk;
	bool is_zero;
	struct slab *slab = page_get(&chunk, &is_zero);

	if (!slab)
		return NULL;
	slab->chunk = chunk;
	slab->magic = SLAB_MAGIC;
	slab->class = (uint16_t) class;
	slab->used = 0;
	for (unsigned i = 0; i < SLAB_BITS / 64; i++)
		slab->taken[i] = taken_at_first(capacity_of(class), i);
	list_push_front(&partial_slabs[class], &slab->node);
	return slab;
}

static void slab_release(struct slab *slab)
{
	list_remove(&slab->node);
	page_put(slab, slab->chunk);
}

static unsigned first_free(const struct slab *slab)
{
	unsigned word = 0;

	while (slab->taken[word] == UINT64_MAX)
		word++;
	return word * 64 + bit_lowest(~slab->taken[word]);
}

static void *small_alloc(size_t bytes)
{
	unsigned class = class_of(bytes), index;
	struct list *first = list_first(&partial_slabs[class]);
	struct slab *slab = first ? list_entry(first, struct slab, node) : slab_new(class);

	if (!slab)
		return NULL;
	index = first_free(slab);
	slab->taken[index / 64] |= BIT(index % 64);
	slab->used++;
	if (slab->used == capacity_of(class))
		list_remove(&slab->node);
	statistics.blocks++;
	statistics.bytes += class_bytes[class];
	return (char *)(slab + 1) + (size_t)index * class_bytes[class];
}

static struct slab *slab_of(void *block)
{
	struct slab *slab = (struct slab *)align_down((uint64_t)block, HEAP_PAGE);

	ASSERT(slab->magic == SLAB_MAGIC && slab->class < CLASS_COUNT);
	return slab;
}

/* The block's number in its slab; fails on what was never given out or is free. */
static unsigned index_in(const struct slab *slab, const void *block)
{
	uint32_t offset = (uint32_t)((uint64_t)block - (uint64_t)(slab + 1));
	uint32_t size = class_bytes[slab->class];
	uint32_t index = offset / size;

	ASSERT(index < capacity_of(slab->class) && offset == index * size);
	ASSERT(slab->taken[index / 64] & BIT(index % 64));
	return index;
}

static void small_free(void *block)
{
	struct slab *slab = slab_of(block);
	unsigned index = index_in(slab, block);

	if (slab->used == capacity_of(slab->class))
		list_push_front(&partial_slabs[slab->class], &slab->node);
	slab->taken[index / 64] &= ~BIT(index % 64);
	slab->used--;
	statistics.blocks--;
	statistics.bytes -= class_bytes[slab->class];
	if (slab->used == 0)
		slab_release(slab);
}

/* --- larger blocks --- */

static void *large_pages(size_t bytes, struct chunk **out_chunk, bool *out_is_zero)
{
	void *pages;

	*out_chunk = NULL;
	if (bytes == HEAP_PAGE)
		return page_get(out_chunk, out_is_zero);
	*out_is_zero = true;
	pages = bytes <= RUN_MAX * HEAP_PAGE ? run_alloc((unsigned)(bytes / HEAP_PAGE), out_chunk)
	                                     : heap_source_map(bytes);
	if (pages)
		statistics.pages += bytes / HEAP_PAGE;
	return pages;
}

static void *large_alloc(size_t bytes, bool *out_is_zero)
{
	struct large *large;
	void *pages;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	large = small_alloc(sizeof(*large));
	if (!large)
		return NULL;
	large->bytes = align_up(bytes, HEAP_PAGE);
	pages = large_pages(large->bytes, &large->chunk, out_is_zero);
	if (!pages) {
		small_free(large);
		return NULL;
	}
	tree_insert(&large_blocks, &large->node, (uint64_t)pages);
	statistics.bytes += large->bytes - class_bytes[class_of(sizeof(*large))];
	return pages;
}

static struct large *large_of(const void *block)
{
	struct tree_node *node = tree_find(&large_blocks, (uint64_t)block);

	ASSERT(node != NULL);
	return tree_entry(node, struct large, node);
}

static void large_release(const struct large *large, void *block)
{
	statistics.pages -= large->bytes / HEAP_PAGE;
	if (large->chunk)
		run_free(large->chunk, block, (unsigned)(large->bytes / HEAP_PAGE));
	else
		heap_source_unmap(block, large->bytes);
}

static void large_free(void *block)
{
	struct large *large = large_of(block);

	tree_remove(&large_blocks, &large->node);
	statistics.bytes -= large->bytes - class_bytes[class_of(sizeof(*large))];
	if (large->bytes == HEAP_PAGE)
		page_put(block, large->chunk);
	else
		large_release(large, block);
	small_free(large);
}

static bool is_large(const void *block)
{
	return is_aligned((uint64_t)block, HEAP_PAGE);
}

/* --- public --- */

static void *alloc_locked(size_t bytes, bool *out_is_zero)
{
	void *block;

	heap_begin_locked();
	*out_is_zero = false;
	block = bytes <= SMALL_MAX ? small_alloc(bytes) : large_alloc(bytes, out_is_zero);
	statistics.allocations++;
	if (!block)
		statistics.refusals++;
	return block;
}

static void *alloc(size_t bytes, bool *out_is_zero)
{
	void *block;

	mutex_lock(&heap_mutex);
	block = alloc_locked(bytes, out_is_zero);
	mutex_unlock(&heap_mutex);
	return block;
}

void *heap_alloc(size_t bytes)
{
	bool is_zero;

	return alloc(bytes, &is_zero);
}

void *heap_zalloc(size_t bytes)
{
	bool is_zero;
	void *block = alloc(bytes, &is_zero);

	if (block && !is_zero)
		memset(block, 0, bytes);
	return block;
}

void heap_free(void *block)
{
	if (!block)
		return;
	mutex_lock(&heap_mutex);
	if (is_large(block))
		large_free(block);
	else
		small_free(block);
	mutex_unlock(&heap_mutex);
}

static size_t size_of(void *block)
{
	size_t bytes;

	mutex_lock(&heap_mutex);
	if (is_large(block)) {
		bytes = large_of(block)->bytes;
	} else {
		struct slab *slab = slab_of(block);

		(void)index_in(slab, block);
		bytes = class_bytes[slab->class];
	}
	mutex_unlock(&heap_mutex);
	return bytes;
}

void *heap_realloc(void *block, size_t bytes)
{
	size_t old_bytes;
	void *moved;

	if (!block)
		return heap_alloc(bytes);
	old_bytes = size_of(block);
	if (bytes <= old_bytes && bytes >= old_bytes / 2)
		return block;
	moved = heap_alloc(bytes);
	if (!moved)
		return NULL;
	memcpy(moved, block, MIN(bytes, old_bytes));
	heap_free(block);
	return moved;
}

char *heap_strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = heap_alloc(bytes);

	if (copy)
		memcpy(copy, text, bytes);
	return copy;
}

void heap_statistics(struct heap_statistics *out)
{
	mutex_lock(&heap_mutex);
	*out = statistics;
	mutex_unlock(&heap_mutex);
}
