/* Reading and writing the blocks that block pointers name. */
#pragma once

#include "format.h"

struct store;
struct store_ops;

/* Makes the pointer for `data`, about to be written at `address`. */
struct block_ptr block_seal(const void *data, uint64_t address, uint64_t birth, uint8_t level);
/* Does `data` have the tag that `ptr` promises? */
bool block_matches(const struct block_ptr *ptr, const void *data);
/* Is this a pointer that a store of `blocks` blocks at commit `commit` can hold? */
bool block_ptr_is_sane(const struct block_ptr *ptr, uint64_t first, uint64_t end, uint64_t commit);
bool block_ptr_is_null(const struct block_ptr *ptr);
bool block_ptr_is_same(const struct block_ptr *left, const struct block_ptr *right);

CHECKED status_t block_read(const struct store_ops *ops, const struct block_ptr *ptr, void *data);
