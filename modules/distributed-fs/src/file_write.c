/*
 * Writing files. Data goes to the device at once, to free blocks; the tree then learns the
 * new pointers, the old blocks become free with the commit. Whole blocks go straight from
 * the caller's buffer, up to FILE_RUN_BLOCKS in one operation while space is plentiful and
 * one by one when it is short. A block written in part is read, changed and written anew.
 * Bytes of a file's last block behind its end are always zero.
 */
#include "block.h"
#include "btree.h"
#include "file.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

#define RUN_CHANGES 12u /* tree changes in the nodes that a whole run touches */

static void give_back(struct store *store, const struct block_ptr *ptr, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (space_free(&store->space, ptr[i].address) != OK)
			store->broken = E_CORRUPT;
}

/* Allocates `count` blocks, or none. */
static status_t take_blocks(struct store *store, uint32_t count, struct block_ptr *out)
{
	for (uint32_t i = 0; i < count; i++) {
		status_t status = space_alloc(&store->space, &out[i].address);

		if (status != OK) {
			give_back(store, out, i);
			return status;
		}
	}
	return OK;
}

/* Writes the blocks where `ptr` says and completes the pointers. */
static status_t write_blocks(struct store *store, uint32_t count, const uint8_t *data,
                             struct block_ptr *ptr)
{
	const struct store_ops *ops = &store->ops;
	status_t status = OK;
	uint32_t n;

	for (uint32_t at = 0; at < count && status == OK; at += n) {
		const uint8_t *from = data + (size_t)at * BLOCK_BYTES;

		for (n = 1; at + n < count && ptr[at + n].address == ptr[at].address + n;)
			n++;
		status = ops->write(ops->context, ptr[at].address, n, from);
	}
	for (uint32_t i = 0; i < count && status == OK; i++)
		ptr[i] = block_seal(data + (size_t)i * BLOCK_BYTES, ptr[i].address, store->tx, 0);
	return status;
}

/* How many blocks from the first on the file has already. */
static uint32_t count_known(const struct block_ptr *old, uint32_t count)
{
	uint32_t n = 0;

	while (n < count && !block_ptr_is_null(&old[n]))
		n++;
	return n;
}

static status_t replace_pointers(struct store *store, struct tree_key key, uint32_t count,
                                 const struct block_ptr *old, const struct block_ptr *ptr)
{
	const struct btree_run run = {key, (const uint8_t *)ptr, sizeof(*ptr), count};
	status_t status = btree_update_run(store, run);

	for (uint32_t i = 0; i < count && status == OK; i++)
		status = space_free(&store->space, old[i].address);
	return status;
}

status_t file_put_blocks(struct store *store, uint64_t inode, uint64_t first, uint32_t count,
                         const struct block_ptr *old, const void *data, uint32_t *out_added)
{
	struct block_ptr ptr[FILE_RUN_BLOCKS];
	status_t status = take_blocks(store, count, ptr);

	*out_added = 0;
	if (status != OK)
		return status;
	status = write_blocks(store, count, data, ptr);
	if (status != OK) {
		give_back(store, ptr, count);
		return status;
	}
	store->has_touched = true;
	for (uint32_t i = 0, n; i < count && status == OK; i += n) {
		struct tree_key key = tree_key(inode, ITEM_DATA, first + i);

		n = count_known(old + i, count - i);
		if (n > 0) {
			status = replace_pointers(store, key, n, old + i, ptr + i);
			continue;
		}
		n = 1;
		status = btree_insert(store, key, &ptr[i], sizeof(ptr[i]));
		(*out_added)++;
	}
	return status;
}

/* One run of a write. */
struct run {
	uint64_t inode;
	uint64_t offset;
	const uint8_t *from;
	uint32_t bytes; /* a part of one block, or `count` whole ones */
	uint32_t count;
};

/* Assembles a block that is written in part. */
static status_t patch(struct store *store, const struct run *run, const struct block_ptr *old)
{
	status_t status = file_read_block(store, old, store->bounce);

	if (status == OK)
		memcpy((uint8_t *)store->bounce + run->offset % BLOCK_BYTES, run->from, run->bytes);
	return status;
}

static status_t write_run(struct store *store, const struct run *run)
{
	struct block_ptr old[FILE_RUN_BLOCKS];
	struct disk_inode disk;
	uint64_t first = run->offset / BLOCK_BYTES;
	const void *data = run->from;
	uint32_t added;
	status_t status = inode_get_file(store, run->inode, &disk);

	if (status == OK)
		status = file_map(store, run->inode, first, run->count, old);
	if (status == OK && run->bytes < run->count * BLOCK_BYTES) {
		status = patch(store, run, old);
		data = store->bounce;
	}
	if (status == OK)
		status = file_put_blocks(store, run->inode, first, run->count, old, data, &added);
	if (status != OK)
		return status;
	disk.blocks += added;
	if (disk.size < run->offset + run->bytes)
		disk.size = run->offset + run->bytes;
	disk.mtime_ns = disk.ctime_ns = store->ops.now(store->ops.context);
	return inode_put(store, run->inode, &disk);
}

/* Decides how much of [offset, offset + bytes) to write next, and reserves for it. */
static status_t begin_run(struct store *store, struct run *run, size_t bytes)
{
	uint32_t skip = run->offset % BLOCK_BYTES;
	uint32_t whole = (uint32_t)min_u64(bytes / BLOCK_BYTES, FILE_RUN_BLOCKS);

	run->count = 1;
	if (skip != 0 || whole == 0) {
		run->bytes = (uint32_t)min_u64(bytes, BLOCK_BYTES - skip);
		return tx_begin(store, TX_GROW, 2, 1);
	}
	if (whole > 1 && tx_has_room(store, RUN_CHANGES, whole)) {
		run->count = whole;
		run->bytes = whole * BLOCK_BYTES;
		return tx_begin(store, TX_GROW, RUN_CHANGES, whole);
	}
	run->bytes = BLOCK_BYTES;
	return tx_begin(store, TX_GROW, 2, 1);
}

status_t store_write(struct store *store, uint64_t inode, uint64_t offset, const void *buffer,
                     size_t bytes, size_t *out_len)
{
	struct run run = {.inode = inode, .offset = offset, .from = buffer};
	status_t status = OK;
	size_t done = 0;

	if (offset > STORE_FILE_BYTES_MAX || bytes > STORE_FILE_BYTES_MAX - offset)
		return E_FBIG;
	while (status == OK && done < bytes) {
		status = begin_run(store, &run, bytes - done);
		if (status == OK)
			status = tx_end(store, write_run(store, &run));
		if (status != OK)
			break;
		done += run.bytes;
		run.offset += run.bytes;
		run.from += run.bytes;
	}
	if (done > 0 || status == OK)
		*out_len = done;
	return done > 0 ? OK : status;
}

status_t store_write_all(struct store *store, uint64_t inode, uint64_t offset, const void *buffer,
                         size_t bytes)
{
	const uint8_t *from = buffer;
	status_t status = OK;

	for (size_t done = 0; status == OK && done < bytes;) {
		size_t len = 0;

		status = store_write(store, inode, offset + done, from + done, bytes - done, &len);
		done += len;
	}
	return status;
}
