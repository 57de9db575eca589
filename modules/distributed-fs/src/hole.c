/*
 * Holes: the stretches of a file without blocks. The tree has an item for each block, so
 * data is found by one search and a hole by walking to the first gap.
 */
#include "btree.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

#define WALK_MAX 64u /* items to look at before evicting what they were in */

/* First block at or after `from` that has data; *out_found false when there is none. */
static status_t first_data(struct store *store, uint64_t inode, uint64_t from, uint64_t *out,
                           bool *out_found)
{
	struct btree_path path;
	struct btree_item item;
	status_t status = btree_seek(store, tree_key(inode, ITEM_DATA, from), &path, &item);

	*out_found = status == OK && item.key.object == inode &&
	             tree_key_type(item.key) == ITEM_DATA;
	if (*out_found)
		*out = item.key.where & ITEM_WHERE_MASK;
	return status == E_NOENT ? OK : status;
}

/* Moves *block over up to WALK_MAX blocks with data; *out_done when it is at a hole. */
static status_t skip_data(struct store *store, uint64_t inode, uint64_t *block, bool *out_done)
{
	struct btree_path path;
	struct btree_item item;
	status_t status = tx_begin_read(store);

	*out_done = true;
	if (status == OK)
		status = btree_seek(store, tree_key(inode, ITEM_DATA, *block), &path, &item);
	for (unsigned int n = 0; status == OK; n++) {
		struct tree_key here = tree_key(inode, ITEM_DATA, *block);

		if (item.key.object != here.object || item.key.where != here.where)
			return OK;
		++*block;
		if (n == WALK_MAX) {
			*out_done = false;
			return OK;
		}
		status = btree_next(store, &path, &item);
	}
	return status == E_NOENT ? OK : status;
}

static status_t begin(struct store *store, uint64_t inode, uint64_t offset, struct disk_inode *disk)
{
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get_file(store, inode, disk);
	return status == OK && offset >= disk->size ? E_NOENT : status;
}

status_t store_next_data(struct store *store, uint64_t inode, uint64_t *offset)
{
	struct disk_inode disk;
	uint64_t block = 0;
	bool is_found = false;
	status_t status = begin(store, inode, *offset, &disk);

	if (status == OK)
		status = first_data(store, inode, *offset / BLOCK_BYTES, &block, &is_found);
	if (status != OK)
		return status;
	if (!is_found || block >= inode_span(disk.size))
		return E_NOENT;
	if (block > *offset / BLOCK_BYTES)
		*offset = block * BLOCK_BYTES;
	return OK;
}

status_t store_next_hole(struct store *store, uint64_t inode, uint64_t *offset)
{
	struct disk_inode disk;
	uint64_t block = *offset / BLOCK_BYTES;
	bool is_done = false;
	status_t status = begin(store, inode, *offset, &disk);

	while (status == OK && !is_done && block < inode_span(disk.size))
		status = skip_data(store, inode, &block, &is_done);
	if (status != OK)
		return status;
	if (block > *offset / BLOCK_BYTES)
		*offset = min_u64(block * BLOCK_BYTES, disk.size);
	return OK;
}
