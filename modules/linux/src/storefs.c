/*
 * The store as a Linux file system: attributes, content as mapped page caches, the mount. Names are in
 * store_names.c, inodes and the session's fids in store_inode.c.
 *
 * Attributes hold while the inode's generation is what it was before they were asked for; the size is looked at
 * again where a reader meets the end, since other containers may write to the same file. Who writes beyond the end
 * has the server make room first.
 */
#include "storefs.h"
#include "store_inode.h"
#include "syscall.h"
#include <base/bits.h>

static void tell_of_writes(struct store_inode *s)
{
	struct inode *inode = &s->paged.inode;
	struct store_attr attr;
	int64_t result;
	if (!__atomic_load_n(&s->needs_touch, __ATOMIC_RELAXED) ||
	    !__atomic_exchange_n(&s->needs_touch, false, __ATOMIC_ACQ_REL))
		return;
	uint64_t before = inode_generation(inode);
	WITH_FID(result, s, store_touch(fid, &attr));
	if (result == 0)
		store_take_changed_attr(inode, &attr, before);
}

static int64_t store_refresh(struct inode *inode)
{
	struct store_attr attr;
	int64_t result;
	tell_of_writes(store_of(inode));
	uint64_t generation = inode_generation(inode);
	if (generation != 0 &&
	    generation == __atomic_load_n(&inode->attr_generation, __ATOMIC_ACQUIRE))
		return 0;
	WITH_FID(result, store_of(inode), store_getattr(fid, &attr));
	if (result == 0)
		store_take_attr(inode, &attr, generation);
	return result;
}

static int64_t change_attr(struct store_inode *s, const struct attributes *a,
                           struct store_attr *after)
{
	const struct store_attr wanted = {.size = a->size,
	                                  .atime = a->atime,
	                                  .mtime = a->mtime,
	                                  .mode = a->mode & S_IALLUGO,
	                                  .uid = a->uid,
	                                  .gid = a->gid};
	uint32_t mask = a->mask;
	int64_t result;
	if (mask & ATTR_GROW) {
		WITH_FID(result, s, store_grow(fid, a->size, after));
		mask &= ~(ATTR_SIZE | ATTR_GROW);
		if (result != 0 || mask == 0)
			return result;
	}
	WITH_FID(result, s, store_setattr(fid, mask, &wanted, after));
	return result;
}

static int64_t store_set(struct inode *inode, const struct attributes *a)
{
	struct store_attr after;
	int64_t result;
	tell_of_writes(
		store_of(inode)); /* or they would change the times that are set now (cp -p) */
	if (a->mask & ATTR_SIZE) {
		result = inode_write_lock(NULL, inode);
		if (result != 0)
			return result;
	}
	uint64_t before = inode_generation(inode);
	result = change_attr(store_of(inode), a, &after);
	if (a->mask & ATTR_SIZE) {
		if (result == 0) {
			mutex_lock(&inode->lock);
			inode->size = after.size;
			mutex_unlock(&inode->lock);
		}
		inode_write_unlock(inode);
	}
	if (result == 0)
		store_take_changed_attr(inode, &after, before);
	return result;
}

static int64_t store_reserve(struct paged_inode *paged, uint64_t size)
{
	struct store_attr attr;
	int64_t result;
	WITH_FID(result, (struct store_inode *)paged, store_grow(fid, size, &attr));
	return result;
}

/* Whether there are pages, not of a server that is no more, and writable if they have to be. */
static bool has_pages(struct store_inode *s, bool is_writable)
{
	const struct pages *pages = &s->paged.pages;
	return pages->memory.value && (!is_writable || pages->is_writable) &&
	       __atomic_load_n(&s->pages_epoch, __ATOMIC_ACQUIRE) == store_epoch();
}

static int64_t store_ready(struct paged_inode *paged, bool is_writable)
{
	struct store_inode *s = (struct store_inode *)paged;
	handle_t memory;
	bool can_write = true;
	int64_t result;
	if (has_pages(s, is_writable))
		return 0;
	uint32_t epoch = store_epoch();
	WITH_FID(result, s, store_open(fid, true, &memory));
	if (result == -EROFS && !is_writable) {
		can_write = false;
		WITH_FID(result, s, store_open(fid, false, &memory));
	}
	if (result != 0)
		return result;
	if (has_pages(s, is_writable)) { /* another task was faster */
		memory_os_close(memory);
		return 0;
	}
	pages_replace(&paged->pages, memory, can_write);
	__atomic_store_n(&s->pages_epoch, epoch, __ATOMIC_RELEASE);
	return 0;
}

/* The pages cannot be read. If that is because their server is no more, another has them by now. */
static bool store_recover(struct paged_inode *paged)
{
	struct store_attr attr;
	int64_t result;
	WITH_FID(result, (struct store_inode *)paged, store_getattr(fid, &attr));
	return result == 0 && !has_pages((struct store_inode *)paged, false);
}

static int64_t store_look_at_size(struct paged_inode *paged)
{
	struct inode *inode = &paged->inode;
	struct store_attr attr;
	int64_t result;
	uint64_t generation = inode_generation(inode);
	if (generation != 0 &&
	    generation == __atomic_load_n(&inode->attr_generation, __ATOMIC_ACQUIRE))
		return 0;
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
	.recover = store_recover,
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
	if (super)
		super->generations = &store_generations;
	struct store_inode *root = super ? store_inode_for(super, &attr, 0, store_epoch()) : NULL;
	struct dentry *dentry = root ? dentry_create_root(&root->paged.inode) : NULL;
	if (!dentry)
		return -ENOMEM;
	*out_super = super;
	*out_root = dentry;
	return 0;
}
