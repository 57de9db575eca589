/*
 * The heap: size classes on single pages (slabs), runs of pages and direct mappings above them.
 *
 * A slab page begins with a struct slab whose bitmap says which blocks are taken, so nothing is kept inside
 * free blocks and every double or misaligned free is seen. Blocks of a slab are never page aligned, larger
 * blocks always are: that is how heap_free tells them apart. Larger blocks are in a tree by address. A few
 * empty slabs and pages are kept; all else that is free goes back to the kernel at once.
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
#define EMPTY_KEPT 2u
#define SMALL_MAX 2016u
#define CLASS_COUNT 14u

struct slab {
	struct list node; /* in its class while it has free blocks, or in empty_slabs */
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

static uint8_t class_by_units[SMALL_MAX / 16 + 1]; /* of 16 bytes */

static struct mutex heap_mutex = MUTEX_INIT;
static struct list partial_slabs[CLASS_COUNT]; /* zero until heap_begin_locked */
static struct list empty_slabs;
static unsigned empty_count;
static struct tree large_blocks = TREE_INIT;
static struct heap_statistics statistics;

static void heap_begin_locked(void)
{
	if (empty_slabs.next)
		return;
	list_init(&empty_slabs);
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		list_init(&partial_slabs[i]);
	for (unsigned units = 0, class = 0; units <= SMALL_MAX / 16; units++) {
		if (units * 16 > class_bytes[class])
			class ++;
		class_by_units[units] = (uint8_t) class;
	}
}

static unsigned class_of(size_t bytes)
{
	return class_by_units[(bytes + 15) / 16];
}

static unsigned capacity_of(unsigned class)
{
	return (HEAP_PAGE - sizeof(struct slab)) / class_bytes[class];
}

/* --- slabs --- */

static struct slab *slab_page(void)
{
	struct list *kept = list_first(&empty_slabs);
	struct chunk *chunk;
	struct slab *slab;

	if (kept) {
		list_remove(kept);
		empty_count--;
		return list_entry(kept, struct slab, node);
	}
	slab = run_alloc(1, false, &chunk);
	if (!slab)
		return NULL;
	slab->chunk = chunk;
	statistics.pages++;
	return slab;
}

/* Of 64 blocks from `first` on, those that are not below the capacity. */
static uint64_t beyond(unsigned capacity, unsigned first)
{
	if (capacity >= first + 64)
		return 0;
	return capacity > first ? ~(BIT(capacity - first) - 1) : UINT64_MAX;
}

static struct slab *slab_new(unsigned class)
{
	struct slab *slab = slab_page();

	if (!slab)
		return NULL;
	slab->magic = SLAB_MAGIC;
	slab->class = (uint16_t) class;
	slab->used = 0;
	for (unsigned i = 0; i < SLAB_BITS / 64; i++)
		slab->taken[i] = beyond(capacity_of(class), i * 64);
	list_push_front(&partial_slabs[class], &slab->node);
	return slab;
}

static void slab_release(struct slab *slab)
{
	list_remove(&slab->node);
	if (empty_count < EMPTY_KEPT) {
		list_push_front(&empty_slabs, &slab->node);
		empty_count++;
		return;
	}
	statistics.pages--;
	run_free(slab->chunk, slab, 1);
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

static void *large_pages(size_t bytes, bool is_zeroed, struct chunk **out_chunk)
{
	*out_chunk = NULL;
	if (bytes <= RUN_MAX * HEAP_PAGE)
		return run_alloc((unsigned)(bytes / HEAP_PAGE), is_zeroed, out_chunk);
	return heap_source_map(bytes);
}

static void *large_alloc(size_t bytes, bool is_zeroed)
{
	struct large *large;
	void *pages;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	large = small_alloc(sizeof(*large));
	if (!large)
		return NULL;
	large->bytes = align_up(bytes, HEAP_PAGE);
	pages = large_pages(large->bytes, is_zeroed, &large->chunk);
	if (!pages) {
		small_free(large);
		return NULL;
	}
	tree_insert(&large_blocks, &large->node, (uint64_t)pages);
	statistics.pages += large->bytes / HEAP_PAGE;
	statistics.bytes += large->bytes - class_bytes[class_of(sizeof(*large))];
	return pages;
}

static struct large *large_of(const void *block)
{
	struct tree_node *node = tree_find(&large_blocks, (uint64_t)block);

	ASSERT(node != NULL);
	return tree_entry(node, struct large, node);
}

static void large_free(void *block)
{
	struct large *large = large_of(block);

	tree_remove(&large_blocks, &large->node);
	statistics.pages -= large->bytes / HEAP_PAGE;
	statistics.bytes -= large->bytes - class_bytes[class_of(sizeof(*large))];
	if (large->chunk)
		run_free(large->chunk, block, (unsigned)(large->bytes / HEAP_PAGE));
	else
		heap_source_unmap(block, large->bytes);
	small_free(large);
}

static bool is_large(const void *block)
{
	return is_aligned((uint64_t)block, HEAP_PAGE);
}

/* --- public --- */

static void *alloc_locked(size_t bytes, bool is_zeroed)
{
	void *block;

	heap_begin_locked();
	block = bytes <= SMALL_MAX ? small_alloc(bytes) : large_alloc(bytes, is_zeroed);
	statistics.allocations++;
	if (!block)
		statistics.refusals++;
	return block;
}

static void *alloc(size_t bytes, bool is_zeroed)
{
	void *block;

	mutex_lock(&heap_mutex);
	block = alloc_locked(bytes, is_zeroed);
	mutex_unlock(&heap_mutex);
	return block;
}

void *heap_alloc(size_t bytes)
{
	return alloc(bytes, false);
}

/* Larger blocks are zero already. */
void *heap_zalloc(size_t bytes)
{
	void *block = alloc(bytes, true);

	if (block && !is_large(block))
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
