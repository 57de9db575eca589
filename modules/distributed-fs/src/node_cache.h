/* Tree nodes in memory; see node_cache.c. */
#pragma once

#include "format.h"

struct store;

struct node {
	struct node *next_hashed;
	struct node *prev; /* in the list of clean, changed or unused nodes */
	struct node *next;
	struct block_ptr ptr; /* names it; only address, level and birth while it is dirty */
	bool is_dirty;
	struct disk_node *disk;
};

struct node_list {
	struct node *first;
	struct node *last;
	uint32_t count;
};

#define NODE_BUCKETS 256u

struct node_cache {
	struct node *nodes; /* all there are */
	struct disk_node *blocks;
	uint32_t limit;
	struct node_list unused;
	struct node_list clean; /* most recently used first */
	struct node_list dirty;
	struct node *bucket[NODE_BUCKETS];
};

CHECKED status_t node_cache_init(struct store *store, uint32_t limit);
void node_cache_close(struct store *store);

/*
 * Makes `count` nodes available to the operation that begins. Nodes that an operation
 * holds stay valid until the next call: nothing is ever evicted in between.
 */
CHECKED status_t node_cache_reserve(struct node_cache *cache, uint32_t count);

/* The node that `ptr` names, read and verified if need be. */
CHECKED status_t node_get(struct store *store, const struct block_ptr *ptr, struct node **out);
/* A new, empty, dirty node with a block of its own. */
CHECKED status_t node_new(struct store *store, uint8_t level, struct node **out);
/* Gives a clean node a new block and makes it dirty; frees the old block. */
CHECKED status_t node_make_dirty(struct store *store, struct node *node);
/* Frees a node and its block. */
CHECKED status_t node_drop(struct store *store, struct node *node);
/* The node has been written where node->ptr says. */
void node_written(struct node_cache *cache, struct node *node);
