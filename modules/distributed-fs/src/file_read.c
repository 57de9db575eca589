/*
 * Reading files. Runs of up to FILE_RUN_BLOCKS blocks are looked up together, neighbours
 * on the device are read together, and each block is checked against its pointer's tag
 * before the caller may see it. On any error the buffer's run is zeroed.
 */
#include "block.h"
#include "btree.h"
#include "file.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

status_t file_map(struct store *store, uint64_t inode, uint64_t first, uint32_t count,
                  struct block_ptr *out)
{
	struct tree_key end = tree_key(inode, ITEM_DATA, first + count);
	struct btree_path path;
	struct btree_item item;
	status_t status = btree_seek(store, tree_key(inode, ITEM_DATA, first), &path, &item);

	memset(out, 0, count * sizeof(*out));
	while (status == OK && item.key.object == inode && item.key.where < end.where) {
		uint64_t at = (item.key.where & ITEM_WHERE_MASK) - first;

		if (at >= count)
			return E_CORRUPT;
		memcpy(&out[at], item.data, sizeof(*out));
		status = btree_next(store, &path, &item);
	}
	return status == E_NOENT ? OK : status;
}

status_t file_read_block(struct store *store, const struct block_ptr *ptr, void *block)
{
	if (block_ptr_is_null(ptr)) {
		memset(block, 0, BLOCK_BYTES);
		return OK;
	}
	return block_read(&store->ops, ptr, block);
}

/* How many of the pointers from the first on are neighbours on the device. */
static uint32_t neighbours(const struct block_ptr *ptr, uint32_t count)
{
	uint32_t n = 1;

	while (n < count && ptr[n].address == ptr[0].address + n)
		n++;
	return n;
}

static status_t read_neighbours(struct store *store, const struct block_ptr *ptr, uint32_t count,
                                uint8_t *buffer)
{
	const struct store_ops *ops = &store->ops;
	status_t status = ops->read(ops->context, ptr[0].address, count, buffer);

	for (uint32_t i = 0; i < count && status == OK; i++)
		if (!block_matches(&ptr[i], buffer + (size_t)i * BLOCK_BYTES))
			status = E_CORRUPT;
	return status;
}

static status_t read_whole(struct store *store, const struct block_ptr *ptr, uint32_t count,
                           uint8_t *buffer)
{
	status_t status = OK;
	uint32_t n;

	for (uint32_t at = 0; at < count && status == OK; at += n) {
		uint8_t *to = buffer + (size_t)at * BLOCK_BYTES;

		n = 1;
		if (block_ptr_is_null(&ptr[at])) {
			memset(to, 0, BLOCK_BYTES);
			continue;
		}
		n = neighbours(ptr + at, count - at);
		status = read_neighbours(store, ptr + at, n, to);
	}
	if (status != OK)
		memset(buffer, 0, (size_t)count * BLOCK_BYTES);
	return status;
}

static status_t read_part(struct store *store, const struct block_ptr *ptr, uint32_t skip,
                          uint8_t *buffer, uint32_t bytes)
{
	status_t status = file_read_block(store, ptr, store->bounce);

	if (status == OK)
		memcpy(buffer, (const uint8_t *)store->bounce + skip, bytes);
	return status;
}

/* Reads up to one run; *out_len says how much. */
static status_t read_run(struct store *store, uint64_t inode, uint64_t offset, uint8_t *buffer,
                         size_t bytes, size_t *out_len)
{
	uint64_t first = offset / BLOCK_BYTES;
	uint32_t skip = offset % BLOCK_BYTES;
	uint32_t count = (uint32_t)min_u64(bytes / BLOCK_BYTES, FILE_RUN_BLOCKS);
	struct block_ptr ptr[FILE_RUN_BLOCKS];
	bool is_part = skip != 0 || count == 0;
	status_t status = tx_begin_read(store);

	if (is_part)
		count = 1;
	*out_len = is_part ? min_u64(bytes, BLOCK_BYTES - skip) : (size_t)count * BLOCK_BYTES;
	if (status == OK)
		status = file_map(store, inode, first, count, ptr);
	if (status != OK)
		return status;
	if (is_part)
		return read_part(store, ptr, skip, buffer, (uint32_t)*out_len);
	return read_whole(store, ptr, count, buffer);
}

status_t store_read(struct store *store, uint64_t inode, uint64_t offset, void *buffer,
                    size_t bytes, size_t *out_len)
{
	struct disk_inode disk;
	size_t done = 0;
	size_t wanted = 0;
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get_file(store, inode, &disk);
	if (status == OK && offset < disk.size)
		wanted = min_u64(bytes, disk.size - offset);
	while (status == OK && done < wanted) {
		size_t len;

		status = read_run(store, inode, offset + done, (uint8_t *)buffer + done,
		                  wanted - done, &len);
		done += len;
	}
	if (status == OK)
		*out_len = done;
	return status;
}
