/*
 * The heap: thread-safe, size classes on 4 KiB pages from the kernel, larger blocks mapped directly. Blocks
 * are aligned to 16. Everything returns null when the domain has no memory left. A double or wild free
 * that is noticed is a bug and fails an assertion.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct heap_statistics {
	uint64_t pages;       /* mapped from the kernel now */
	uint64_t blocks;      /* allocated now */
	uint64_t bytes;       /* in them, as rounded */
	uint64_t allocations; /* since the start */
	uint64_t refusals;    /* allocations that returned null */
};

void *heap_alloc(size_t bytes) __attribute__((malloc, alloc_size(1), warn_unused_result));
void *heap_zalloc(size_t bytes) __attribute__((malloc, alloc_size(1), warn_unused_result));
/* On null the old block is unchanged. */
void *heap_realloc(void *block, size_t bytes) __attribute__((alloc_size(2), warn_unused_result));
char *heap_strdup(const char *text) __attribute__((malloc, warn_unused_result));
void heap_free(void *block); /* null is fine */
void heap_statistics(struct heap_statistics *out);

/* Whole pages, zeroed, in the own process; null when refused. */
void *pages_alloc(size_t bytes);
void pages_free(void *pages, size_t bytes);
