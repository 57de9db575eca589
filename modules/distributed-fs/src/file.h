/* File contents: where the blocks of a file are; shared by read, write and truncate. */
#pragma once

#include "format.h"

struct store;

#define FILE_RUN_BLOCKS 32u /* blocks handled at once */

/* Pointers of blocks [first, first + count) of a file; null for holes. count <= FILE_RUN_BLOCKS. */
CHECKED status_t file_map(struct store *store, uint64_t inode, uint64_t first, uint32_t count,
                          struct block_ptr *out);
/* Reads one mapped block; zeroes for a hole. */
CHECKED status_t file_read_block(struct store *store, const struct block_ptr *ptr, void *block);
/*
 * Replaces mapped blocks [first, first + count) of a file by new ones with `data`.
 * `count` + count data changes; *out_added is how many were holes.
 */
CHECKED status_t file_put_blocks(struct store *store, uint64_t inode, uint64_t first,
                                 uint32_t count, const struct block_ptr *old, const void *data,
                                 uint32_t *out_added);
