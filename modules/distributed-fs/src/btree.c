/*
 * The copy-on-write B+-tree: finding items and changing them in a leaf with room.
 * Growing is in btree_split.c, shrinking in btree_shrink.c.
 *
 * A change first makes the whole path dirty (a node that the last commit uses gets a new
 * block), then edits in memory. Hence a dirty node's parent is always dirty, and the
 * commit finds all of them from the root.
 *
 * A tree from a hostile disk may share nodes or lie about bounds. Levels strictly fall on
 * the way down, so every walk ends; bounds are checked at every step of every descent.
 */
#include "btree.h"

#include "btnode.h"
#include "store_private.h"

static const struct tree_key key_min = {0, 0};
static const struct tree_key key_max = {UINT64_MAX, UINT64_MAX};

struct bounds {
	struct tree_key low;
	struct tree_key high;
};

/* A change touches one path, may split it and grow a root, or merge each node of it. */
unsigned int btree_nodes_for(const struct store *store, unsigned int changes)
{
	return changes * (2u * (store->root.level + 1u) + 2u);
}

status_t btree_init(struct store *store)
{
	struct node *root;
	status_t status = node_new(store, 0, &root);

	if (status == OK)
		store->root = root->ptr;
	return status;
}

/* ---- Finding ---- */

/* Narrows the bounds to those of child `index`. */
static void narrow(struct bounds *bounds, const struct disk_node *node, unsigned int index)
{
	if (index > 0)
		bounds->low = node->branch[index].key;
	if (index + 1u < node->head.count)
		bounds->high = node->branch[index + 1].key;
}

status_t btree_descend(struct store *store, struct tree_key key, struct btree_path *path)
{
	const struct block_ptr *ptr = &store->root;
	struct bounds bounds = {key_min, key_max};

	path->height = store->root.level + 1u;
	for (unsigned int level = path->height; level-- > 0;) {
		struct node *node;
		status_t status = node_get(store, ptr, &node);

		if (status != OK)
			return status;
		if (!btnode_is_within(node->disk, bounds.low, bounds.high) ||
		    (node->disk->head.count == 0 && path->height > 1))
			return E_CORRUPT;
		path->node[level] = node;
		if (level == 0)
			break;
		path->slot[level] = branch_search(node->disk, key);
		narrow(&bounds, node->disk, path->slot[level]);
		ptr = &node->disk->branch[path->slot[level]].child;
	}
	path->slot[0] = leaf_search(path->node[0]->disk, key);
	return OK;
}

static void item_at(const struct btree_path *path, struct btree_item *out)
{
	struct disk_node *leaf = path->node[0]->disk;

	out->key = leaf->slot[path->slot[0]].key;
	out->data = leaf_payload(leaf, path->slot[0]);
	out->length = leaf->slot[path->slot[0]].length;
}

static bool is_at(const struct btree_path *path, struct tree_key key)
{
	const struct disk_node *leaf = path->node[0]->disk;

	return path->slot[0] < leaf->head.count &&
	       tree_key_compare(leaf->slot[path->slot[0]].key, key) == 0;
}

status_t btree_find(struct store *store, struct tree_key key, struct btree_item *out)
{
	struct btree_path path;
	status_t status = btree_descend(store, key, &path);

	if (status != OK)
		return status;
	if (!is_at(&path, key))
		return E_NOENT;
	item_at(&path, out);
	return OK;
}

/* The lower bound of the leaf after the path's; false when this is the last. */
static bool next_leaf_key(const struct btree_path *path, struct tree_key *out)
{
	for (unsigned int level = 1; level < path->height; level++) {
		const struct disk_node *node = path->node[level]->disk;

		if (path->slot[level] + 1u < node->head.count) {
			*out = node->branch[path->slot[level] + 1].key;
			return true;
		}
	}
	return false;
}

/* Moves a path that points behind its leaf's last item to the next leaf. */
static status_t settle(struct store *store, struct btree_path *path, struct btree_item *out)
{
	if (path->slot[0] >= path->node[0]->disk->head.count) {
		struct tree_key key;
		status_t status;

		if (!next_leaf_key(path, &key))
			return E_NOENT;
		status = btree_descend(store, key, path);
		if (status != OK)
			return status;
		if (path->slot[0] >= path->node[0]->disk->head.count)
			return E_CORRUPT;
	}
	item_at(path, out);
	return OK;
}

status_t btree_seek(struct store *store, struct tree_key key, struct btree_path *path,
                    struct btree_item *out)
{
	status_t status = btree_descend(store, key, path);

	return status == OK ? settle(store, path, out) : status;
}

status_t btree_next(struct store *store, struct btree_path *path, struct btree_item *out)
{
	path->slot[0]++;
	return settle(store, path, out);
}

/* ---- Changing ---- */

status_t btree_dirty_path(struct store *store, struct btree_path *path)
{
	for (unsigned int level = path->height; level-- > 0;) {
		status_t status = node_make_dirty(store, path->node[level]);

		if (status != OK)
			return status;
		if (level + 1 == path->height) {
			store->root = path->node[level]->ptr;
		} else {
			struct disk_node *parent = path->node[level + 1]->disk;

			parent->branch[path->slot[level + 1]].child = path->node[level]->ptr;
		}
	}
	return OK;
}

/* The path to `key`, all dirty; `is_there` says whether the item must or must not exist. */
static status_t prepare(struct store *store, struct tree_key key, bool is_there,
                        struct btree_path *path)
{
	status_t status = btree_descend(store, key, path);

	if (status != OK)
		return status;
	if (is_at(path, key) != is_there)
		return is_there ? E_NOENT : E_EXIST;
	return btree_dirty_path(store, path);
}

status_t btree_insert(struct store *store, struct tree_key key, const void *data,
                      unsigned int length)
{
	struct btree_path path;
	status_t status = prepare(store, key, false, &path);
	struct disk_node *leaf;

	if (status != OK)
		return status;
	leaf = path.node[0]->disk;
	if (btnode_used(leaf) + leaf_item_bytes(length) > NODE_BODY_BYTES)
		return btree_split_insert(store, &path, key, data, length);
	leaf_insert(leaf, path.slot[0], key, data, length);
	return OK;
}

/* As many of the run's items as are in the leaf of the first. */
static status_t update_in_leaf(struct btree_path *path, struct btree_run *run)
{
	struct btree_item item;

	for (; run->count > 0 && is_at(path, run->key); path->slot[0]++) {
		item_at(path, &item);
		if (item.length != run->length)
			return E_CORRUPT;
		memcpy(item.data, run->data, run->length);
		run->data += run->length;
		run->key.where++;
		run->count--;
	}
	return OK;
}

status_t btree_update_run(struct store *store, struct btree_run run)
{
	status_t status = OK;

	while (status == OK && run.count > 0) {
		struct btree_path path;

		status = prepare(store, run.key, true, &path);
		if (status == OK)
			status = update_in_leaf(&path, &run);
	}
	return status;
}

status_t btree_update(struct store *store, struct tree_key key, const void *data,
                      unsigned int length)
{
	return btree_update_run(store, (struct btree_run){key, data, length, 1});
}

status_t btree_remove(struct store *store, struct tree_key key)
{
	struct btree_path path;
	status_t status = prepare(store, key, true, &path);

	if (status != OK)
		return status;
	leaf_remove(path.node[0]->disk, path.slot[0]);
	return btree_shrink(store, &path);
}

status_t btree_remove_run(struct store *store, struct tree_key from, struct tree_key to,
                          btree_visitor *visit, unsigned int *out_count)
{
	struct btree_path path;
	struct btree_item item;
	status_t status = btree_seek(store, from, &path, &item);

	*out_count = 0;
	if (status == E_NOENT || (status == OK && tree_key_compare(item.key, to) >= 0))
		return OK;
	if (status == OK)
		status = btree_dirty_path(store, &path);
	while (status == OK && path.slot[0] < path.node[0]->disk->head.count) {
		item_at(&path, &item);
		if (tree_key_compare(item.key, to) >= 0)
			break;
		status = visit != NULL ? visit(store, &item) : OK;
		leaf_remove(path.node[0]->disk, path.slot[0]);
		(*out_count)++;
	}
	return status == OK ? btree_shrink(store, &path) : status;
}
