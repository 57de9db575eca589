/*
 * The heap's interface over the C library's, for host tests: their sanitizers see every block.
 */
#include <stdlib.h>
#include <string.h>
#include <libanon/heap.h>

void *heap_alloc(size_t bytes)
{
	return malloc(bytes);
}

void *heap_zalloc(size_t bytes)
{
	return calloc(1, bytes);
}

void *heap_realloc(void *block, size_t bytes)
{
	return realloc(block, bytes);
}

char *heap_strdup(const char *text)
{
	return strdup(text);
}

void heap_free(void *block)
{
	free(block);
}
