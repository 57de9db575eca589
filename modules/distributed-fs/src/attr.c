/*
 * Attributes of inodes: read, and set. Who may set what is the caller's to decide; the
 * store only keeps the type of an inode from changing.
 */
#include "inode.h"
#include "store_private.h"
#include "tx.h"

status_t store_getattr(struct store *store, uint64_t inode, struct store_attr *out)
{
	struct disk_inode disk;
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get(store, inode, &disk);
	if (status != OK)
		return status;
	*out = (struct store_attr){
		.inode = inode,
		.generation = disk.generation,
		.size = disk.size,
		.blocks = disk.blocks,
		.rdev = disk.rdev,
		.atime_ns = disk.atime_ns,
		.mtime_ns = disk.mtime_ns,
		.ctime_ns = disk.ctime_ns,
		.btime_ns = disk.btime_ns,
		.mode = disk.mode,
		.uid = disk.uid,
		.gid = disk.gid,
		.links = disk.links,
	};
	return OK;
}

static void apply(struct disk_inode *disk, uint32_t which, const struct store_attr *attr)
{
	if ((which & STORE_SET_MODE) != 0)
		disk->mode = (disk->mode & STORE_TYPE_MASK) | (attr->mode & ~STORE_TYPE_MASK);
	if ((which & STORE_SET_UID) != 0)
		disk->uid = attr->uid;
	if ((which & STORE_SET_GID) != 0)
		disk->gid = attr->gid;
	if ((which & STORE_SET_ATIME) != 0)
		disk->atime_ns = attr->atime_ns;
	if ((which & STORE_SET_MTIME) != 0)
		disk->mtime_ns = attr->mtime_ns;
}

static status_t set(struct store *store, uint64_t inode, uint32_t which,
                    const struct store_attr *attr)
{
	struct disk_inode disk;
	status_t status = inode_get(store, inode, &disk);

	if (status != OK)
		return status;
	apply(&disk, which, attr);
	disk.ctime_ns = store->ops.now(store->ops.context);
	return inode_put(store, inode, &disk);
}

status_t store_setattr(struct store *store, uint64_t inode, uint32_t which,
                       const struct store_attr *attr)
{
	status_t status = tx_begin(store, TX_SHRINK, 1, 0);

	return status == OK ? tx_end(store, set(store, inode, which, attr)) : status;
}
