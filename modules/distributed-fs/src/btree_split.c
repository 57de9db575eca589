/*
 * Growing the tree: splitting full nodes on a dirty path.
 *
 * A leaf normally splits in the middle by bytes. When the new item continues the one
 * before it (the next block of a file, the next inode), it splits at the insertion point
 * instead, so that what is written in order leaves full leaves behind.
 */
#include "btnode.h"
#include "btree.h"
#include "store_private.h"

/* Bytes of slots [from, to) of a leaf. */
static unsigned int run_bytes(const struct disk_node *leaf, unsigned int from, unsigned int to)
{
	unsigned int bytes = 0;

	for (unsigned int i = from; i < to; i++)
		bytes += leaf_item_bytes(leaf->slot[i].length);
	return bytes;
}

static bool is_continuation(const struct disk_node *leaf, unsigned int at, struct tree_key key)
{
	struct tree_key last;

	if (at == leaf->head.count)
		return true;
	if (at == 0)
		return false;
	last = leaf->slot[at - 1].key;
	return last.object == key.object && last.where + 1 == key.where;
}

/*
 * Where to cut the leaf's items with the new one, of `bytes` bytes, at position `at` among
 * them: that many go left. Each side fits, because an item is at most a quarter of a node.
 */
static unsigned int cut_point(const struct disk_node *leaf, unsigned int at, struct tree_key key,
                              unsigned int bytes)
{
	unsigned int count = leaf->head.count;
	unsigned int total = btnode_used(leaf) + bytes;
	unsigned int left = 0;
	unsigned int cut = 0;

	if (is_continuation(leaf, at, key) && bytes + run_bytes(leaf, at, count) <= NODE_BODY_BYTES)
		return at;
	while (cut < count && left < total / 2) {
		unsigned int old = cut > at ? cut - 1 : cut;

		left += cut == at ? bytes : leaf_item_bytes(leaf->slot[old].length);
		cut++;
	}
	return cut;
}

static status_t grow_root(struct store *store, struct tree_key key, const struct block_ptr *right)
{
	static const struct tree_key lowest = {0, 0};
	struct node *root;
	status_t status;

	if (store->root.level + 1u >= NODE_LEVELS_MAX)
		return E_LIMIT;
	status = node_new(store, (uint8_t)(store->root.level + 1), &root);
	if (status != OK)
		return status;
	branch_insert(root->disk, 0, lowest, &store->root);
	branch_insert(root->disk, 1, key, right);
	store->root = root->ptr;
	return OK;
}

/* Splits a full branch; *key and *child become what the level above must take. */
static status_t split_branch(struct store *store, struct node *node, unsigned int at,
                             struct tree_key *key, struct block_ptr *child)
{
	unsigned int count = node->disk->head.count;
	unsigned int point = at == count ? count : count / 2;
	struct node *right;
	status_t status = node_new(store, node->ptr.level, &right);

	if (status != OK)
		return status;
	btnode_append(right->disk, node->disk, point, count);
	btnode_truncate(node->disk, point);
	if (at > point || point == count)
		branch_insert(right->disk, at - point, *key, child);
	else
		branch_insert(node->disk, at, *key, child);
	*key = btnode_key(right->disk, 0);
	*child = right->ptr;
	return OK;
}

/* Tells the levels above the leaf about a new right-hand neighbour. */
static status_t promote(struct store *store, struct btree_path *path, struct tree_key key,
                        struct block_ptr child)
{
	for (unsigned int level = 1; level < path->height; level++) {
		struct node *node = path->node[level];
		unsigned int at = path->slot[level] + 1;
		status_t status;

		if (node->disk->head.count < BRANCHES_MAX) {
			branch_insert(node->disk, at, key, &child);
			return OK;
		}
		status = split_branch(store, node, at, &key, &child);
		if (status != OK)
			return status;
	}
	return grow_root(store, key, &child);
}

status_t btree_split_insert(struct store *store, struct btree_path *path, struct tree_key key,
                            const void *data, unsigned int length)
{
	struct disk_node *left = path->node[0]->disk;
	unsigned int at = path->slot[0];
	unsigned int cut = cut_point(left, at, key, leaf_item_bytes(length));
	unsigned int point = cut > at ? cut - 1 : cut; /* old slots that stay */
	struct node *right;
	status_t status = node_new(store, 0, &right);

	if (status != OK)
		return status;
	btnode_append(right->disk, left, point, left->head.count);
	btnode_truncate(left, point);
	if (at < cut)
		leaf_insert(left, at, key, data, length);
	else
		leaf_insert(right->disk, at - point, key, data, length);
	return promote(store, path, btnode_key(right->disk, 0), right->ptr);
}
