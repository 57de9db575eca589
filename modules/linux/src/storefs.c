/*
 * The store as a Linux file system: attributes, content as mapped page caches, the mount. Names are in
 * store_names.c, inodes and the session's fids in store_inode.c.
 *
 * Attributes are asked for at each stat; the size also where a reader meets the end, since other containers
 * may write to the same file. Who writes beyond the end has the server make room first.
 */
#include "storefs.h"
#include "store_inode.h"
#include "syscall.h"

static void tell_of_writes(struct store_inode *s)
{
	struct store_attr attr;
	int64_t result;
	if (!__atomic_exchange_n(&s->needs_touch, false, __ATOMIC_ACQ_REL))
		return;
	WITH_FID(result, s, store_touch(fid, &attr));
	(void)result;
}

static int64_t store_refresh(struct inode *inode)
{
	struct store_attr attr;
	int64_t result;
	tell_of_writes(store_of(inode));
	WITH_FID(result, store_of(inode), store_getattr(fid, &attr));
	if (result == 0)
		store_take_attr(inode, &attr);
	return result;
}

static int64_t store_set(struct inode *inode, const struct attributes *a)
{
	struct store_attr after, wanted = {.size = a->size,
	                                   .atime = a->atime,
	                                   .mtime = a->mtime,
	                                   .mode = a->mode & S_IALLUGO,
	                                   .uid = a->uid,
	                                   .gid = a->gid};
	int64_t result;
	tell_of_writes(
		store_of(inode)); /* or they would change the times that are set now (cp -p) */
	if (a->mask & ATTR_SIZE) {
		result = inode_write_lock(NULL, inode);
		if (result != 0)
			return result;
	}
	WITH_FID(result, store_of(inode), store_setattr(fid, a->mask, &wanted, &after));
	if (a->mask & ATTR_SIZE) {
		if (result == 0) {
			mutex_lock(&inode->lock);
			inode->size = a->size;
			mutex_unlock(&inode->lock);
		}
		inode_write_unlock(inode);
	}
	if (result == 0)
		store_take_attr(inode, &after);
	return result;
}

static int64_t store_reserve(struct paged_inode *paged, uint64_t size)
{
	struct store_attr attr;
	int64_t result;
	WITH_FID(result, (struct store_inode *)paged, store_resize(fid, size, &attr));
	return result;
}

static int64_t store_ready(struct paged_inode *paged, bool is_writable)
{
	struct store_inode *s = (struct store_inode *)paged;
	handle_t memory;
	bool can_write = true;
	int64_t result;
	if (paged->pages.memory.value && (!is_writable || paged->pages.is_writable))
		return 0;
	WITH_FID(result, s, store_open(fid, true, &memory));
	if (result == -EROFS && !is_writable) {
		can_write = false;
		WITH_FID(result, s, store_open(fid, false, &memory));
	}
	if (result != 0)
		return result;
	if (paged->pages.memory.value) /* another task was faster */
		memory_os_close(memory);
	else
		pages_replace(&paged->pages, memory, can_write);
	return 0;
}

static int64_t store_look_at_size(struct paged_inode *paged)
{
	struct store_attr attr;
	int64_t result;
	WITH_FID(result, (struct store_inode *)paged, store_getattr(fid, &attr));
	if (result != 0)
		return result;
	mutex_lock(&paged->inode.lock);
	paged->inode.size = attr.size;
	mutex_unlock(&paged->inode.lock);
	return 0;
}

static void store_wrote(struct paged_inode *paged)
{
	__atomic_store_n(&((struct store_inode *)paged)->needs_touch, true, __ATOMIC_RELEASE);
}

static int64_t store_file_sync(struct file *file, bool is_data_only)
{
	int64_t result;
	tell_of_writes(store_of(file->inode));
	WITH_FID(result, store_of(file->inode), store_sync(fid, is_data_only));
	return result;
}

static void store_release(struct file *file)
{
	if (file_is_writable(file))
		tell_of_writes(store_of(file->inode));
}

static int64_t store_file_seek(struct file *file, int64_t offset, int whence)
{
	uint64_t found;
	int64_t result;
	if (whence != SEEK_DATA && whence != SEEK_HOLE) {
		if (whence == SEEK_END)
			(void)store_refresh(file->inode);
		return seek_within(file, offset, whence, file->inode->size);
	}
	if (offset < 0)
		return -ENXIO;
	WITH_FID(result, store_of(file->inode), store_seek(fid, (uint64_t)offset, whence, &found));
	if (result != 0)
		return result == -ERANGE ? -ENXIO : result;
	return seek_within(file, (int64_t)found, SEEK_SET, file->inode->size);
}

const struct inode_ops store_inode_ops = {
	.lookup = store_lookup,
	.create = store_create_name,
	.link = store_link_name,
	.unlink = store_unlink_name,
	.rename = store_rename_name,
	.readlink = store_read_link,
	.refresh = store_refresh,
	.set = store_set,
	.free = store_inode_free,
};
const struct paged_ops store_paged_ops = {
	.ready = store_ready,
	.reserve = store_reserve,
	.wrote = store_wrote,
	.look_at_size = store_look_at_size,
};
static const struct file_ops store_file_ops = {
	.name = "store",
	.read = filemap_read,
	.write = filemap_write,
	.seek = store_file_seek,
	.memory = filemap_memory,
	.sync = store_file_sync,
	.release = store_release,
};
static const struct file_ops store_dir_ops = {
	.name = "store",
	.readdir = store_dir_read,
	.sync = store_file_sync,
};

const struct file_ops *store_file_ops_of(uint32_t mode)
{
	return S_ISDIR(mode) ? &store_dir_ops : S_ISREG(mode) ? &store_file_ops : NULL;
}

/* --- the file system --- */

static int64_t store_super_statfs(struct dentry *dentry, struct linux_statfs *out)
{
	struct store_space space;
	int64_t result;
	WITH_FID(result, store_of(dentry->inode), store_statfs(fid, &space));
	if (result != 0)
		return result;
	out->bsize = out->frsize = space.block_bytes ? space.block_bytes : 4096;
	out->blocks = space.blocks;
	out->bfree = out->bavail = space.blocks_free;
	out->files = space.files;
	out->ffree = space.blocks_free;
	out->fsid = space.id;
	return 0;
}

static int64_t store_super_sync(struct super *super)
{
	(void)super;
	int64_t result = store_sync_all();
	if (result == STORE_GONE && store_reconnect(store_epoch()) == 0)
		result = store_sync_all();
	return result == STORE_GONE ? -EIO : result;
}

static const struct super_ops store_super_ops = {
	.statfs = store_super_statfs,
	.sync = store_super_sync,
	.revalidate = store_revalidate,
};

int64_t storefs_create(struct super **out_super, struct dentry **out_root)
{
	struct store_attr attr;
	int64_t result = store_connect();
	if (result == 0)
		result = store_getattr(0, &attr);
	if (result != 0)
		return result;
	struct super *super = super_create("store", &store_super_ops, SUPER_CACHED, STORE_MAGIC);
	struct store_inode *root = super ? store_inode_for(super, &attr, 0, store_epoch()) : NULL;
	struct dentry *dentry = root ? dentry_create_root(&root->paged.inode) : NULL;
	if (!dentry)
		return -ENOMEM;
	*out_super = super;
	*out_root = dentry;
	return 0;
}
