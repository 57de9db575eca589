/*
 * Orphans: inodes with blocks to free later, noted in the tree so that a power cut does
 * not lose them.
 *
 * An inode whose last name goes, and a file that is cut short, may hold more blocks than
 * one transaction can free. The note is made in the same transaction as the change; the
 * blocks then go in steps, one leaf of pointers at a time, with commits in between if
 * space demands it; the note goes last. A note found at open is work a crash left behind.
 * The note of an inode that is still referenced waits for the last reference.
 */
#include "btree.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

static struct tree_key orphan_key(uint64_t number)
{
	return tree_key(0, ITEM_ORPHAN, number);
}

status_t orphan_add(struct store *store, uint64_t number)
{
	status_t status = btree_insert(store, orphan_key(number), NULL, 0);

	return status == E_EXIST ? OK : status;
}

static status_t free_data(struct store *store, const struct btree_item *item)
{
	struct block_ptr ptr;

	memcpy(&ptr, item->data, sizeof(ptr));
	return space_free(&store->space, ptr.address);
}

/* Nobody can reach such an inode any more. */
static bool is_dead(const struct store *store, uint64_t number, const struct disk_inode *inode)
{
	return inode->links == 0 && open_ref_count(store, number) == 0;
}

/* Everything is freed: removes the inode, if it is dead, and the note unless it waits. */
static status_t finish(struct store *store, uint64_t number, const struct disk_inode *inode)
{
	struct tree_key end = tree_key(number + 1, ITEM_INODE, 0);
	unsigned int count = 1;
	status_t status = OK;

	if (inode->links == 0 && !is_dead(store, number, inode))
		return OK;
	if (inode->links == 0) {
		/* The inode and, of a symbolic link, at most four pieces. */
		for (unsigned int i = 0; i < 5 && count > 0 && status == OK; i++)
			status = btree_remove_run(store, tree_key(number, ITEM_INODE, 0), end, NULL,
			                          &count);
		store->super.inodes -= store->super.inodes > 0;
	}
	return status == OK ? btree_remove(store, orphan_key(number)) : status;
}

static status_t reap_step(struct store *store, uint64_t number, bool *out_done)
{
	struct disk_inode inode;
	unsigned int count = 0;
	uint64_t keep;
	status_t status = inode_get(store, number, &inode);

	if (status != OK)
		return status;
	keep = is_dead(store, number, &inode) ? 0 : inode_span(inode.size);
	status = btree_remove_run(store, tree_key(number, ITEM_DATA, keep),
	                          tree_key(number, ITEM_SYMLINK, 0), free_data, &count);
	*out_done = count == 0;
	if (status != OK)
		return status;
	if (count == 0)
		return finish(store, number, &inode);
	inode.blocks -= min_u64(count, inode.blocks);
	return inode_put(store, number, &inode);
}

status_t orphan_reap(struct store *store, uint64_t number)
{
	bool is_done = false;
	status_t status = OK;

	while (status == OK && !is_done) {
		status = tx_begin(store, TX_SHRINK, 7, 0);
		if (status == OK)
			status = tx_end(store, reap_step(store, number, &is_done));
	}
	return status;
}

/* The first noted inode with a number of at least `from`. */
static status_t next_orphan(struct store *store, uint64_t from, uint64_t *out_number)
{
	struct btree_path path;
	struct btree_item item;
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = btree_seek(store, orphan_key(from), &path, &item);
	if (status == OK && (item.key.object != 0 || tree_key_type(item.key) != ITEM_ORPHAN))
		return E_NOENT;
	if (status == OK)
		*out_number = item.key.where & ITEM_WHERE_MASK;
	return status;
}

status_t orphan_reap_all(struct store *store)
{
	uint64_t number = 0;
	status_t status = OK;

	while (status == OK && number < ITEM_WHERE_MASK) {
		status = next_orphan(store, number, &number);
		if (status == OK && open_ref_count(store, number) == 0)
			status = orphan_reap(store, number);
		number++;
	}
	return status == E_NOENT ? OK : status;
}
