/*
 * Intrusive AVL tree keyed by uint64_t. The caller owns the nodes; a node is in at most one tree. Nothing
 * allocates and nothing recurses; every operation is O(log n). Keys never change while a node is in.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/list.h> /* container_of */

struct tree_node {
	struct tree_node *left, *right, *parent;
	uint64_t key;
	int8_t balance; /* height of right minus height of left: -1, 0, 1 */
};

struct tree {
	struct tree_node *root;
	size_t count;
};

#define TREE_INIT \
	{ \
		NULL, 0 \
	}
#define tree_entry(node, type, member) container_of(node, type, member)
/* In order of keys; the body must not change the tree. */
#define tree_for_each(pos, tree) for ((pos) = tree_first(tree); (pos); (pos) = tree_next(pos))

static inline void tree_init(struct tree *tree)
{
	tree->root = NULL;
	tree->count = 0;
}

static inline bool tree_is_empty(const struct tree *tree)
{
	return tree->root == NULL;
}

/* False, changing nothing, when the key is there already. */
bool tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);
void tree_remove(struct tree *tree, struct tree_node *node);

/* All of these return null when there is no such node. */
struct tree_node *tree_find(const struct tree *tree, uint64_t key);
struct tree_node *tree_at_or_below(const struct tree *tree, uint64_t key);
struct tree_node *tree_at_or_above(const struct tree *tree, uint64_t key);
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_prev(const struct tree_node *node);
