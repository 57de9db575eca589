/*
 * Removing names. The last name of an inode leaves an orphan, which is freed at once
 * unless somebody holds the inode open. Freeing is a second operation: if it fails, or the
 * power goes, the name is gone all the same and the next open finishes the work.
 */
#include "unlink.h"

#include "btree.h"
#include "dirent.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

status_t unlink_check(const struct disk_inode *inode, bool is_rmdir)
{
	if (is_rmdir && !inode_is_dir(inode))
		return E_NOTDIR;
	if (!is_rmdir && inode_is_dir(inode))
		return E_ISDIR;
	return is_rmdir && inode->size > 0 ? E_NOTEMPTY : OK;
}

status_t unlink_get(struct store *store, uint64_t dir, uint64_t number, struct disk_inode *out)
{
	status_t status = inode_get(store, number, out);

	if (status == E_STALE || number == dir || number == STORE_ROOT_INODE)
		return E_CORRUPT;
	return status;
}

status_t unlink_inode(struct store *store, uint64_t number, struct disk_inode *inode)
{
	status_t status;

	if (inode->links == 0)
		return E_CORRUPT;
	inode->links = inode_is_dir(inode) ? 0 : inode->links - 1;
	inode->ctime_ns = store->ops.now(store->ops.context);
	status = inode_put(store, number, inode);
	return status == OK && inode->links == 0 ? orphan_add(store, number) : status;
}

status_t store_free_orphan(struct store *store, uint64_t number)
{
	struct disk_inode inode;
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get(store, number, &inode);
	if (status != OK || inode.links > 0 || open_ref_count(store, number) > 0)
		return status;
	status = orphan_reap(store, number);
	return status == E_NOSPC ? OK : status;
}

status_t unlink_finish(struct store *store, uint64_t number)
{
	return store->keeps_orphans ? OK : store_free_orphan(store, number);
}

static status_t remove_entry(struct store *store, uint64_t dir, struct disk_inode *dir_inode,
                             struct tree_key key, bool is_dir)
{
	status_t status = btree_remove(store, key);

	dir_inode->size -= dir_inode->size > 0;
	dir_inode->links -= is_dir && dir_inode->links > 2;
	dir_inode->mtime_ns = dir_inode->ctime_ns = store->ops.now(store->ops.context);
	return status == OK ? inode_put(store, dir, dir_inode) : status;
}

static status_t remove_name(struct store *store, uint64_t dir, struct name name, bool is_rmdir,
                            uint64_t *out_inode)
{
	struct disk_inode dir_inode;
	struct disk_inode inode;
	struct dirent_place place;
	status_t status = inode_get_dir(store, dir, &dir_inode);

	if (status == OK)
		status = name_check(name);
	if (status == OK)
		status = dirent_find(store, dir, name, &place);
	if (status == OK)
		status = unlink_get(store, dir, place.inode, &inode);
	if (status == OK)
		status = unlink_check(&inode, is_rmdir);
	if (status != OK)
		return status;
	*out_inode = place.inode;
	status = remove_entry(store, dir, &dir_inode, place.key, is_rmdir);
	return status == OK ? unlink_inode(store, place.inode, &inode) : status;
}

static status_t remove_whole(struct store *store, uint64_t dir, struct name name, bool is_rmdir)
{
	uint64_t inode = 0;
	status_t status = tx_begin(store, TX_SHRINK, 4, 0);

	if (status == OK)
		status = tx_end(store, remove_name(store, dir, name, is_rmdir, &inode));
	return status == OK ? unlink_finish(store, inode) : status;
}

status_t store_unlink(struct store *store, uint64_t dir, const char *bytes, size_t name_len)
{
	struct name name = {bytes, name_len};

	return remove_whole(store, dir, name, false);
}

status_t store_rmdir(struct store *store, uint64_t dir, const char *bytes, size_t name_len)
{
	struct name name = {bytes, name_len};

	return remove_whole(store, dir, name, true);
}
