/* The space map: which blocks are in use; see space.c. */
#pragma once

#include "format.h"

struct store_ops;

/* What one bitmap block (128 MiB of device) looks like in memory. */
struct space_group {
	uint64_t *now;     /* bit set: in use by the transaction; NULL: not loaded */
	uint64_t *durable; /* bit set: in use by the last commit; NULL: same as `now` */
	uint32_t free;     /* blocks free in both; FREE_UNKNOWN before the first load */
};

struct space {
	const struct store_ops *ops;
	uint64_t blocks;     /* of the store */
	uint64_t data_first; /* first block that is neither super-block nor space map */
	uint64_t commit;     /* the last, for checking pointers */
	unsigned int levels;
	uint64_t count[SPACE_LEVELS_MAX];        /* blocks of each level */
	struct block_ptr *ptr[SPACE_LEVELS_MAX]; /* of each block, as of the last commit */
	uint8_t *is_dirty[SPACE_LEVELS_MAX];
	struct space_group *group;
	uint64_t loaded;     /* groups in memory */
	uint64_t free_now;   /* blocks that can be allocated before the next commit */
	uint64_t free_after; /* blocks free once the transaction is committed */
	uint64_t cursor;     /* where the search for a free block starts */
	uint64_t freed_min;  /* lowest block freed in this transaction */
	uint64_t *scratch;   /* one block */
};

/* How many blocks of a store of this size are not for super-blocks and space map. */
uint64_t space_data_blocks(uint64_t blocks);

CHECKED status_t space_init(struct space *space, const struct store_ops *ops, uint64_t blocks);
/* Loads the map that `root` names (null: nothing in use yet). */
CHECKED status_t space_load(struct space *space, const struct block_ptr *root, uint64_t commit,
                            uint64_t free_blocks);
void space_close(struct space *space);

CHECKED status_t space_alloc(struct space *space, uint64_t *out_block);
CHECKED status_t space_free(struct space *space, uint64_t block);
/* Is this block in use now? For the checker. */
CHECKED status_t space_is_used(struct space *space, uint64_t block, bool *out_used);

/* Writes what has changed as part of commit `birth`; *out_root names the result. */
CHECKED status_t space_write(struct space *space, uint64_t birth, struct block_ptr *out_root);
/* The commit that space_write() was for is durable. */
void space_committed(struct space *space, uint64_t commit);
/* Gives back memory; the next use loads again. Between operations only. */
void space_trim(struct space *space);
