/*
 * Names in the store: looking up, making, removing, moving, listing.
 *
 * What was found or not found is kept by the name cache (dcache_names.c) until the directory's generation says
 * that others have changed it. Changes made here are told to the cache.
 */
#include "store_inode.h"
#include <base/bits.h>
#include <base/string.h>

static uint32_t new_fid(struct super *super)
{
	uint32_t fid = store_fid_alloc();
	if (fid == 0) {
		dcache_shrink(super);
		fid = store_fid_alloc();
	}
	return fid;
}

int64_t store_lookup(struct task *task, struct dentry *dir, const char *name, struct inode **out)
{
	struct store_inode *parent = store_of(dir->inode);
	struct store_attr attr;
	uint32_t used, fresh = new_fid(dir->inode->super);
	int64_t result;
	(void)task;
	if (fresh == 0)
		return -ENFILE;
	WITH_FID(result, parent, store_walk(fid, fresh, name, &used, &attr));
	if (result != 0) {
		store_fid_free(fresh);
		return result;
	}
	struct store_inode *s = store_inode_for(dir->inode->super, &attr, fresh, store_epoch());
	if (!s)
		return -ENOMEM;
	store_set_place(s, parent, name);
	*out = &s->paged.inode;
	return 0;
}

/* The dentry of something just made. */
static int64_t add_made(struct dentry *dir, const char *name, struct inode *inode,
                        struct names_stamp stamp, struct dentry **out)
{
	int64_t result = dcache_made(dir, name, inode, stamp, out);
	return result == -EEXIST ? 0 : result; /* somebody has looked it up meanwhile */
}

static int64_t create_symlink(struct dentry *dir, const char *name, const struct new_inode *new,
                              struct inode **out)
{
	int64_t result;
	if (strlen(new->target) > 3071)
		return -ENAMETOOLONG;
	WITH_FID(result, store_of(dir->inode),
	         store_symlink(fid, name, new->target, new->uid, new->gid));
	return result == 0 ? store_lookup(NULL, dir, name, out) : result;
}

static int64_t create_file(struct dentry *dir, const char *name, const struct new_inode *new,
                           struct inode **out)
{
	struct store_inode *parent = store_of(dir->inode);
	struct store_attr attr,
		wanted = {.mode = new->mode, .uid = new->uid, .gid = new->gid, .rdev = new->rdev};
	uint32_t fresh = new_fid(dir->inode->super);
	int64_t result;
	if (fresh == 0)
		return -ENFILE;
	WITH_FID(result, parent, store_create(fid, fresh, name, &wanted, &attr));
	if (result != 0) {
		store_fid_free(fresh);
		return result;
	}
	struct store_inode *s = store_inode_for(dir->inode->super, &attr, fresh, store_epoch());
	if (!s)
		return -ENOMEM;
	store_set_place(s, parent, name);
	*out = &s->paged.inode;
	return 0;
}

int64_t store_create_name(struct dentry *dir, const char *name, const struct new_inode *new,
                          struct dentry **out)
{
	struct names_stamp stamp = dcache_stamp(dir);
	struct inode *inode;
	int64_t result = S_ISLNK(new->mode) ? create_symlink(dir, name, new, &inode)
	                                    : create_file(dir, name, new, &inode);
	return result == 0 ? add_made(dir, name, inode, stamp, out) : result;
}

int64_t store_link_name(struct dentry *from, struct dentry *dir, const char *name)
{
	struct dentry *dentry = NULL;
	struct store_inode *parent = store_of(dir->inode);
	uint32_t dir_fid, dir_epoch;
	int64_t result = store_fid(parent, &dir_fid, &dir_epoch);
	if (result != 0)
		return result == STORE_GONE ? -EIO : result;
	struct names_stamp stamp = dcache_stamp(dir);
	WITH_FID(result, store_of(from->inode), store_link(fid, dir_fid, name));
	if (result != 0)
		return result;
	inode_get(from->inode);
	(void)add_made(dir, name, from->inode, stamp, &dentry);
	dentry_put(dentry);
	inode_refresh(from->inode);
	return 0;
}

int64_t store_unlink_name(struct dentry *victim, bool is_directory)
{
	char name[NAME_MAX + 1];
	struct dentry *dir = dentry_parent(victim);
	int64_t result;
	struct names_stamp stamp = dcache_stamp(dir);
	dentry_name(victim, name);
	WITH_FID(result, store_of(dir->inode), store_unlink(fid, name, is_directory));
	if (result == 0)
		dcache_removed(dir, victim, stamp);
	else if (result == -ENOENT)
		dcache_forget(victim);
	if (result == 0) {
		mutex_lock(&victim->inode->lock);
		victim->inode->links -= MIN(victim->inode->links, is_directory ? 2u : 1u);
		mutex_unlock(&victim->inode->lock);
	}
	dentry_put(dir);
	return result;
}

int64_t store_rename_name(struct dentry *from, struct dentry *dir, const char *name,
                          struct dentry *existing, uint32_t flags)
{
	char old_name[NAME_MAX + 1];
	struct dentry *old_dir = dentry_parent(from);
	struct names_stamp stamps[2] = {dcache_stamp(old_dir), dcache_stamp(dir)};
	uint32_t to_fid, to_epoch;
	dentry_name(from, old_name);
	int64_t result = store_fid(store_of(dir->inode), &to_fid, &to_epoch);
	if (result == STORE_GONE)
		result = -EIO;
	if (result == 0)
		WITH_FID(result, store_of(old_dir->inode),
		         store_rename(fid, old_name, to_fid, name, flags));
	if (result == 0) {
		bool is_exchange = flags & RENAME_EXCHANGE;
		if (dcache_move(from, dir, name, existing, is_exchange, stamps) != 0) {
			(void)dcache_remove(from, false);
			if (existing)
				(void)dcache_remove(existing, false);
		}
		store_set_place(store_of(from->inode), store_of(dir->inode), name);
		if (is_exchange && existing)
			store_set_place(store_of(existing->inode), store_of(old_dir->inode),
			                old_name);
	}
	dentry_put(old_dir);
	return result;
}

int64_t store_read_link(struct task *task, struct dentry *dentry, char *buffer, size_t size)
{
	int64_t result;
	char target[4000];
	(void)task;
	WITH_FID(result, store_of(dentry->inode), store_readlink(fid, target, sizeof(target)));
	if (result <= 0)
		return result;
	size_t len = MIN((size_t)result, size);
	memcpy(buffer, target, len);
	return (int64_t)len;
}

int64_t store_dir_read(struct file *file, struct dentry *dir, uint64_t cursor,
                       struct dir_sink *sink)
{
	uint8_t entries[STORE_ENTRIES_MAX];
	uint32_t len = 0;
	uint64_t next;
	int64_t result;
	(void)file;
	WITH_FID(result, store_of(dir->inode), store_readdir(fid, cursor, &next, entries, &len));
	if (result != 0)
		return result;
	for (uint32_t at = 0; at + 18 <= len;) {
		uint64_t number, behind;
		char name[NAME_MAX + 1];
		uint8_t type = entries[at + 16], name_len = entries[at + 17];
		memcpy(&number, entries + at, 8);
		memcpy(&behind, entries + at + 8, 8);
		if (name_len > len - at - 18)
			return -EIO;
		memcpy(name, entries + at + 18, name_len);
		name[name_len] = 0;
		at += 18u + name_len;
		if (!sink->emit(sink, name, number, type, behind))
			break;
	}
	return 0;
}
