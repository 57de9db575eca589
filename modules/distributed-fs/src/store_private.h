/*
 * The inside of an open store: what the library's files share.
 *
 * A *transaction* is everything since the last commit. It lives in memory: changed tree
 * nodes in the node cache, changed bitmaps in the space map. Its file data and nothing
 * else is already on the device, in blocks the last commit does not use.
 */
#pragma once

#include <distributed-fs/store.h>

#include "format.h"
#include "node_cache.h"
#include "space.h"

/* A reference held on an open inode, in a small hash table of lists. */
struct open_ref {
	struct open_ref *next;
	uint64_t inode;
	uint64_t count;
};

#define OPEN_REF_LISTS 64u

struct store {
	struct store_ops ops;
	bool is_read_only;
	bool keeps_orphans;      /* what loses its last name stays until the caller frees it */
	bool is_dirty;           /* the transaction holds a change */
	status_t broken;         /* why no more changes are possible, or OK */
	bool has_touched;        /* the operation under way has changed something */
	struct disk_super super; /* as the next commit will write it, roots and tags apart */
	uint64_t tx;             /* number of the next commit: super.commit + 1 */
	struct block_ptr root;   /* of the tree; stale tag while its node is dirty */
	struct node_cache cache;
	struct space space;
	struct open_ref *open_refs[OPEN_REF_LISTS];
	uint64_t *bounce; /* one block, for data that must be pieced together */
};
