/* The tree: a map from (object, where) to up to ITEM_BYTES_MAX bytes; see btree.c. */
#pragma once

#include "format.h"

struct store;
struct node;

/* The way from the root to a leaf: node[0] is the leaf. */
struct btree_path {
	unsigned int height;
	struct node *node[NODE_LEVELS_MAX];
	unsigned int slot[NODE_LEVELS_MAX];
};

/* One item, in place: good until the tree is next changed or another operation begins. */
struct btree_item {
	struct tree_key key;
	void *data;
	unsigned int length;
};

static inline struct tree_key tree_key(uint64_t object, enum item_type type, uint64_t position)
{
	return (struct tree_key){object, (uint64_t)type << ITEM_TYPE_SHIFT | position};
}

static inline enum item_type tree_key_type(struct tree_key key)
{
	return (enum item_type)(key.where >> ITEM_TYPE_SHIFT);
}

/* An upper bound on nodes that `changes` changes can take, for reserving beforehand. */
unsigned int btree_nodes_for(const struct store *store, unsigned int changes);

CHECKED status_t btree_init(struct store *store);

/* E_NOENT when there is no such item. */
CHECKED status_t btree_find(struct store *store, struct tree_key key, struct btree_item *out);
/* The first item at or after `key`; E_NOENT when there is none. */
CHECKED status_t btree_seek(struct store *store, struct tree_key key, struct btree_path *path,
                            struct btree_item *out);
/* The item after the one at `path`; E_NOENT at the end. */
CHECKED status_t btree_next(struct store *store, struct btree_path *path, struct btree_item *out);

/* E_EXIST when there is such an item. */
CHECKED status_t btree_insert(struct store *store, struct tree_key key, const void *data,
                              unsigned int length);
/* Overwrites an item of the same length; E_NOENT, or E_CORRUPT when lengths differ. */
CHECKED status_t btree_update(struct store *store, struct tree_key key, const void *data,
                              unsigned int length);
/* The same for `count` items at successive positions from `key` on, with `length` bytes of `data` each. */
struct btree_run {
	struct tree_key key;
	const uint8_t *data;
	unsigned int length;
	uint32_t count;
};
CHECKED status_t btree_update_run(struct store *store, struct btree_run run);
CHECKED status_t btree_remove(struct store *store, struct tree_key key);

typedef status_t btree_visitor(struct store *store, const struct btree_item *item);
/*
 * Removes items of [from, to) that share a leaf, calling `visit` for each beforehand.
 * *out_count is how many; 0 when none are left.
 */
CHECKED status_t btree_remove_run(struct store *store, struct tree_key from, struct tree_key to,
                                  btree_visitor *visit, unsigned int *out_count);

/* Inside the tree: the way to the leaf for `key`, and the same with every node dirty. */
CHECKED status_t btree_descend(struct store *store, struct tree_key key, struct btree_path *path);
CHECKED status_t btree_dirty_path(struct store *store, struct btree_path *path);
/* Inside the tree: puts node[level] and what is above it in order after removals. */
CHECKED status_t btree_shrink(struct store *store, struct btree_path *path);
/* Inside the tree: inserts into a leaf that is full. */
CHECKED status_t btree_split_insert(struct store *store, struct btree_path *path,
                                    struct tree_key key, const void *data, unsigned int length);
