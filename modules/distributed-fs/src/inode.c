/*
 * Inodes: one item each, 128 bytes. Operations copy an inode out, change the copy and put
 * it back; there is no other cache than the tree's nodes.
 */
#include "inode.h"

#include "btree.h"
#include "store_private.h"

static struct tree_key inode_key(uint64_t number)
{
	return tree_key(number, ITEM_INODE, 0);
}

bool inode_is_dir(const struct disk_inode *inode)
{
	return (inode->mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
}

uint64_t inode_span(uint64_t size)
{
	return size / BLOCK_BYTES + (size % BLOCK_BYTES != 0);
}

static bool type_is_known(uint32_t mode)
{
	switch (mode & STORE_TYPE_MASK) {
	case STORE_TYPE_FIFO:
	case STORE_TYPE_CHAR:
	case STORE_TYPE_DIR:
	case STORE_TYPE_BLOCK:
	case STORE_TYPE_FILE:
	case STORE_TYPE_SYMLINK:
	case STORE_TYPE_SOCKET: return true;
	default: return false;
	}
}

bool inode_makes_sense(const struct disk_inode *inode)
{
	uint32_t type = inode->mode & STORE_TYPE_MASK;

	if (!type_is_known(inode->mode) || inode->size > STORE_FILE_BYTES_MAX)
		return false;
	if (type == STORE_TYPE_SYMLINK && (inode->size == 0 || inode->size > STORE_SYMLINK_MAX))
		return false;
	return (type == STORE_TYPE_DIR) == (inode->parent != 0);
}

status_t inode_get(struct store *store, uint64_t number, struct disk_inode *out)
{
	struct btree_item item;
	status_t status = btree_find(store, inode_key(number), &item);

	if (status != OK)
		return status == E_NOENT ? E_STALE : status;
	memcpy(out, item.data, sizeof(*out));
	return inode_makes_sense(out) ? OK : E_CORRUPT;
}

status_t inode_get_dir(struct store *store, uint64_t number, struct disk_inode *out)
{
	status_t status = inode_get(store, number, out);

	if (status != OK)
		return status;
	if (!inode_is_dir(out))
		return E_NOTDIR;
	return out->links == 0 ? E_NOENT : OK;
}

status_t inode_get_file(struct store *store, uint64_t number, struct disk_inode *out)
{
	status_t status = inode_get(store, number, out);

	if (status != OK)
		return status;
	if (inode_is_dir(out))
		return E_ISDIR;
	return (out->mode & STORE_TYPE_MASK) == STORE_TYPE_FILE ? OK : E_INVAL;
}

status_t inode_put(struct store *store, uint64_t number, const struct disk_inode *inode)
{
	status_t status = btree_update(store, inode_key(number), inode, sizeof(*inode));

	return status == E_NOENT ? E_STALE : status;
}

status_t inode_make(struct store *store, const struct store_new *how, uint64_t parent,
                    uint64_t size, uint64_t *out_number)
{
	uint64_t number = store->super.next_inode;
	int64_t now = store->ops.now(store->ops.context);
	struct disk_inode inode = {
		.size = size,
		.atime_ns = now,
		.mtime_ns = now,
		.ctime_ns = now,
		.btime_ns = now,
		.rdev = how->rdev,
		.mode = how->mode,
		.uid = how->uid,
		.gid = how->gid,
		.links = 1,
	};
	status_t status;

	if (number > ITEM_WHERE_MASK)
		return E_LIMIT;
	if (inode_is_dir(&inode)) {
		inode.parent = parent;
		inode.links = 2;
	}
	store->ops.random(store->ops.context, &inode.generation, sizeof(inode.generation));
	status = btree_insert(store, inode_key(number), &inode, sizeof(inode));
	if (status != OK)
		return status;
	store->super.next_inode++;
	store->super.inodes++;
	*out_number = number;
	return OK;
}
