/*
 * Shrinking the tree: after removals on a dirty path, from the leaf up.
 *
 * An empty node leaves the tree. A node less than a third full is merged with a neighbour
 * when both fit into one with some room to spare; otherwise it stays as it is. A root
 * with a single child gives way to it (as far down as children can be read).
 */
#include "btnode.h"
#include "btree.h"
#include "store_private.h"

#define MERGE_BELOW (NODE_BODY_BYTES / 3)
#define MERGED_MAX (NODE_BODY_BYTES - NODE_BODY_BYTES / 6)

/* Moves all of child `index` + 1 to the end of child `index`, which is dirty. */
static status_t absorb(struct store *store, struct disk_node *parent, unsigned int index,
                       struct node *left, struct node *right)
{
	unsigned int first = left->disk->head.count;

	btnode_append(left->disk, right->disk, 0, right->disk->head.count);
	if (left->ptr.level > 0)
		left->disk->branch[first].key = parent->branch[index + 1].key;
	branch_remove(parent, index + 1);
	return node_drop(store, right);
}

static bool can_merge(const struct node *one, const struct node *other)
{
	return btnode_used(one->disk) + btnode_used(other->disk) <= MERGED_MAX;
}

/* A neighbour that cannot be read is left alone: whoever needs it will hear of it. */
static status_t merge(struct store *store, struct btree_path *path, unsigned int level)
{
	struct disk_node *parent = path->node[level + 1]->disk;
	unsigned int index = path->slot[level + 1];
	struct node *node = path->node[level];
	struct node *other;

	if (index + 1u < parent->head.count &&
	    node_get(store, &parent->branch[index + 1].child, &other) == OK && other != node &&
	    can_merge(node, other))
		return absorb(store, parent, index, node, other);
	if (index > 0 && node_get(store, &parent->branch[index - 1].child, &other) == OK &&
	    other != node && can_merge(node, other)) {
		status_t status = node_make_dirty(store, other);

		if (status != OK)
			return status;
		parent->branch[index - 1].child = other->ptr;
		return absorb(store, parent, index - 1, other, node);
	}
	return OK;
}

static status_t shrink_root(struct store *store, struct node *root)
{
	while (root->ptr.level > 0 && root->disk->head.count == 1) {
		struct block_ptr child = root->disk->branch[0].child;
		status_t status = node_drop(store, root);

		if (status != OK)
			return status;
		store->root = child;
		if (node_get(store, &child, &root) != OK)
			break;
	}
	return OK;
}

status_t btree_shrink(struct store *store, struct btree_path *path)
{
	for (unsigned int level = 0; level + 1 < path->height; level++) {
		struct node *node = path->node[level];
		status_t status = OK;

		if (node->disk->head.count == 0) {
			branch_remove(path->node[level + 1]->disk, path->slot[level + 1]);
			status = node_drop(store, node);
		} else if (btnode_used(node->disk) < MERGE_BELOW) {
			status = merge(store, path, level);
		} else {
			return OK;
		}
		if (status != OK)
			return status;
	}
	if (path->node[path->height - 1]->disk->head.count == 0 && path->height > 1)
		return E_CORRUPT;
	return shrink_root(store, path->node[path->height - 1]);
}
