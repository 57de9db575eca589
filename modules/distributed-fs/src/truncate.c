/*
 * Changing a file's size. Growing only writes the size: what lies between is a hole.
 * Shrinking zeroes the rest of the new last block, sets the size and notes the file as an
 * orphan in one transaction; the blocks behind the end then go in steps (see orphan.c).
 */
#include "block.h"
#include "btree.h"
#include "file.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

/* Zeroes the block that holds byte `size` from there on. */
static status_t zero_tail(struct store *store, uint64_t inode, uint64_t size)
{
	uint32_t keep = size % BLOCK_BYTES;
	struct block_ptr old;
	uint32_t added;
	status_t status;

	if (keep == 0)
		return OK;
	status = file_map(store, inode, size / BLOCK_BYTES, 1, &old);
	if (status != OK || block_ptr_is_null(&old))
		return status;
	status = file_read_block(store, &old, store->bounce);
	if (status != OK)
		return status;
	memset((uint8_t *)store->bounce + keep, 0, BLOCK_BYTES - keep);
	return file_put_blocks(store, inode, size / BLOCK_BYTES, 1, &old, store->bounce, &added);
}

static status_t set_size(struct store *store, uint64_t inode, uint64_t size, bool *out_reap)
{
	struct disk_inode disk;
	status_t status = inode_get_file(store, inode, &disk);

	*out_reap = false;
	if (status == OK && size < disk.size) {
		*out_reap = inode_span(size) < inode_span(disk.size);
		status = zero_tail(store, inode, size);
	}
	if (status != OK)
		return status;
	disk.size = size;
	disk.mtime_ns = disk.ctime_ns = store->ops.now(store->ops.context);
	status = inode_put(store, inode, &disk);
	return status == OK && *out_reap ? orphan_add(store, inode) : status;
}

status_t store_truncate(struct store *store, uint64_t inode, uint64_t size)
{
	bool must_reap = false;
	status_t status;

	if (size > STORE_FILE_BYTES_MAX)
		return E_FBIG;
	status = tx_begin(store, TX_SHRINK, 3, 1);
	if (status == OK)
		status = tx_end(store, set_size(store, inode, size, &must_reap));
	return status == OK && must_reap ? orphan_reap(store, inode) : status;
}
