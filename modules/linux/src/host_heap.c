/*
 * The heap's interface over the C library's, for host tests: their sanitizers see every block. Of the statistics there is the
 * count of blocks.
 */
#include <stdlib.h>
#include <string.h>
#include <libanon/heap.h>

static uint64_t block_count;

static void *count(void *block)
{
	if (block)
		__atomic_fetch_add(&block_count, 1, __ATOMIC_RELAXED);
	return block;
}

void *heap_alloc(size_t bytes)
{
	return count(malloc(bytes));
}

void *heap_zalloc(size_t bytes)
{
	return count(calloc(1, bytes));
}

void *heap_realloc(void *block, size_t bytes)
{
	void *moved = realloc(block, bytes);

	return block ? moved : count(moved);
}

char *heap_strdup(const char *text)
{
	return count(strdup(text));
}

void heap_free(void *block)
{
	if (block)
		__atomic_fetch_sub(&block_count, 1, __ATOMIC_RELAXED);
	free(block);
}

void heap_statistics(struct heap_statistics *out)
{
	*out = (struct heap_statistics){
		.blocks = __atomic_load_n(&block_count, __ATOMIC_RELAXED),
	};
}
