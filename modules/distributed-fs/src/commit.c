/*
 * The commit: makes the transaction durable by one atomic switch.
 *
 *   1. seal and write the dirty tree nodes, children before parents (a parent holds its
 *      children's tags); file data was written when the operation made it
 *   2. write the changed blocks of the space map to their other homes
 *   3. flush
 *   4. write both copies of the super-block in the area of this commit
 *   5. flush
 *
 * Until step 4 reaches the device, the last commit is untouched: nothing that it uses has
 * been overwritten. From then on the new one is whole. If any step fails we do not know
 * what the device holds, and the store refuses further changes.
 */
#include "block.h"
#include "btnode.h"
#include "store_private.h"
#include "super.h"

/* The walk over dirty nodes: one branch per level, and how far we are in it. */
struct sealing {
	struct node *node[NODE_LEVELS_MAX];
	unsigned int next[NODE_LEVELS_MAX];
};

static status_t write_node(struct store *store, struct node *node)
{
	const struct store_ops *ops = &store->ops;
	status_t status;

	node->ptr = block_seal(node->disk, node->ptr.address, store->tx, node->ptr.level);
	status = ops->write(ops->context, node->ptr.address, 1, node->disk);
	if (status == OK)
		node_written(&store->cache, node);
	return status;
}

/* Finds the next child of node[level] that is dirty; false when there is none left. */
static bool next_dirty_child(struct store *store, struct sealing *walk, unsigned int level,
                             const struct block_ptr **out)
{
	struct disk_node *node = walk->node[level]->disk;

	while (level > 0 && walk->next[level] < node->head.count) {
		const struct block_ptr *child = &node->branch[walk->next[level]].child;

		if (child->birth == store->tx) {
			*out = child;
			return true;
		}
		walk->next[level]++;
	}
	return false;
}

/* A finished node's pointer, with its tag, goes where its parent (or the store) has it. */
static void tell_parent(struct store *store, struct sealing *walk, unsigned int level)
{
	const struct block_ptr *ptr = &walk->node[level]->ptr;

	if (level == store->root.level) {
		store->root = *ptr;
		return;
	}
	walk->node[level + 1]->disk->branch[walk->next[level + 1]].child = *ptr;
	walk->next[level + 1]++;
}

static status_t write_tree(struct store *store)
{
	struct sealing walk = {.next = {0}};
	unsigned int top = store->root.level;
	unsigned int level = top;
	const struct block_ptr *child;
	status_t status;

	if (store->root.birth != store->tx)
		return OK;
	status = node_get(store, &store->root, &walk.node[level]);
	while (status == OK && level <= top) {
		if (next_dirty_child(store, &walk, level, &child)) {
			walk.next[--level] = 0;
			status = node_get(store, child, &walk.node[level]);
			continue;
		}
		status = write_node(store, walk.node[level]);
		if (status == OK)
			tell_parent(store, &walk, level);
		level++;
	}
	return status;
}

static status_t write_super(struct store *store, struct disk_super *super)
{
	status_t status = store->ops.flush(store->ops.context);

	if (status == OK)
		status = super_write(&store->ops, super, store->bounce);
	if (status == OK)
		status = store->ops.flush(store->ops.context);
	return status;
}

static status_t write_transaction(struct store *store, struct disk_super *super)
{
	status_t status = write_tree(store);

	super->commit = store->tx;
	super->time_ns = store->ops.now(store->ops.context);
	super->free_blocks = store->space.free_after;
	super->tree = store->root;
	if (status == OK)
		status = space_write(&store->space, store->tx, &super->space);
	if (status == OK)
		status = write_super(store, super);
	return status;
}

uint64_t store_commits(const struct store *store)
{
	return store->super.commit;
}

bool store_is_dirty(const struct store *store)
{
	return store->is_dirty;
}

status_t store_commit(struct store *store)
{
	struct disk_super super = store->super;
	status_t status;

	if (store->broken != OK)
		return E_ROFS;
	if (!store->is_dirty)
		return OK;
	status = write_transaction(store, &super);
	if (status != OK) {
		store->broken = status;
		return status;
	}
	store->super = super;
	store->tx = super.commit + 1;
	store->is_dirty = false;
	space_committed(&store->space, super.commit);
	return OK;
}
