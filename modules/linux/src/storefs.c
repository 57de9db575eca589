/*
 * The store as a Linux file system: inodes with fids of the session, content as mapped page caches.
 *
 * A name that was found is believed for a second, since other containers and services may change the
 * store too; an absent name is always asked for again. Changes made here are seen at once. After the file
 * server was restarted, an inode walks to its place again by the names that led to it.
 *
 * Locks: [s] inodes_lock  [i] inode->lock
 */
#include "storefs.h"
#include "filemap.h"
#include "store_client.h"
#include "syscall.h"
#include "time.h"
#include <base/bits.h>
#include <base/hash.h>
#include <base/string.h>
#include <libanon/heap.h>

#define BUCKETS 1024u
#define NAME_IS_FRESH_NS NS_PER_SECOND
#define WALK_PATH_MAX 1023

struct store_inode {
	struct paged_inode paged;      /* first */
	uint32_t generation;           /* [I] */
	uint32_t fid, epoch;           /* [s] fid 0: the root */
	bool needs_touch;              /* [a] written through the mapping, the server not told */
	struct store_inode *hash_next; /* [s] */
	struct store_inode *parent;    /* [s] a reference; null at the root */
	char *name;                    /* [s] in parent */
};

static struct mutex inodes_lock = MUTEX_RANKED(RANK_LEAF);
static struct store_inode *buckets[BUCKETS];

static const struct inode_ops store_inode_ops;
static const struct file_ops store_file_ops, store_dir_ops;
static const struct paged_ops store_paged_ops;

static struct store_inode *store_of(struct inode *inode)
{
	return (struct store_inode *)inode;
}

/* --- fids --- */

/* The path from the root to the inode, by parents; false when it is too long. */
static bool print_path(struct store_inode *s, char path[WALK_PATH_MAX + 1])
{
	char *at = path + WALK_PATH_MAX;
	bool is_ok = true;
	*at = 0;
	mutex_lock(&inodes_lock);
	for (; s->parent && is_ok; s = s->parent) {
		size_t len = strlen(s->name);
		is_ok = (size_t)(at - path) > len;
		if (is_ok) {
			if (*at)
				*--at = '/';
			at -= len;
			memcpy(at, s->name, len);
		}
	}
	mutex_unlock(&inodes_lock);
	memmove(path, at, strlen(at) + 1);
	return is_ok;
}

/* Makes the fid mean this inode in the current session; *out_fid is for the next call. */
static int64_t ready_fid(struct store_inode *s, uint32_t *out_fid, uint32_t *out_epoch)
{
	char path[WALK_PATH_MAX + 1];
	struct store_attr attr;
	uint32_t used, now = store_epoch();
	mutex_lock(&inodes_lock);
	*out_fid = s->fid;
	*out_epoch = now;
	bool is_ready = s->fid == 0 || s->epoch == now;
	mutex_unlock(&inodes_lock);
	if (is_ready)
		return 0;
	if (!print_path(s, path))
		return -ESTALE;
	int64_t result = store_walk(0, *out_fid, path, &used, &attr);
	if (result == -EEXIST)
		result = 0; /* another task walked it there */
	else if (result == 0 && (used != strlen(path) || attr.inode != s->paged.inode.number))
		result = -ESTALE;
	if (result == 0) {
		mutex_lock(&inodes_lock);
		s->epoch = now;
		mutex_unlock(&inodes_lock);
	}
	return result == -ENOENT ? -ESTALE : result;
}

/* Runs a call that uses the inode's fid (as `fid`), again when the server had to be found again. */
#define WITH_FID(result, s, call) \
	do { \
		for (unsigned tries_ = 0; tries_ < 4; tries_++) { \
			uint32_t fid, epoch_; \
			(result) = ready_fid((s), &fid, &epoch_); \
			if ((result) == 0) \
				(result) = (call); \
			if ((result) != STORE_GONE) \
				break; \
			(result) = store_reconnect(epoch_); \
			if ((result) != 0) \
				break; \
			(result) = -EIO; \
		} \
	} while (0)

/* --- inodes --- */

static void set_attr(struct inode *inode, const struct store_attr *a)
{
	mutex_lock(&inode->lock);
	inode->mode = (inode->mode & S_IFMT) | (a->mode & S_IALLUGO);
	inode->uid = a->uid;
	inode->gid = a->gid;
	inode->links = a->links;
	if (!inode->is_write_busy) /* else the writer knows better */
		inode->size = a->size;
	inode->allocated = a->allocated;
	inode->atime = a->atime;
	inode->mtime = a->mtime;
	inode->ctime = a->ctime;
	mutex_unlock(&inode->lock);
}

static struct store_inode **bucket_of(uint64_t number)
{
	return &buckets[hash_mix(number) % BUCKETS];
}

static bool get_unless_dying(struct inode *inode)
{
	uint32_t seen = __atomic_load_n(&inode->references, __ATOMIC_RELAXED);
	while (seen > 0) {
		if (__atomic_compare_exchange_n(&inode->references, &seen, seen + 1, false,
		                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static struct store_inode *find_locked(const struct store_attr *a)
{
	for (struct store_inode *s = *bucket_of(a->inode); s; s = s->hash_next) {
		if (s->paged.inode.number == a->inode && s->generation == a->generation &&
		    get_unless_dying(&s->paged.inode))
			return s;
	}
	return NULL;
}

static struct store_inode *alloc_inode(struct super *super, const struct store_attr *a,
                                       uint32_t fid, uint32_t epoch)
{
	struct store_inode *s = heap_zalloc(sizeof(*s));
	struct inode *inode = &s->paged.inode;
	if (!s)
		return NULL;
	inode_init(inode, super, a->mode, &store_inode_ops);
	pages_init(&s->paged.pages, HANDLE_NONE, true);
	s->paged.paged_ops = &store_paged_ops;
	inode->number = a->inode;
	inode->rdev = a->rdev;
	inode->file_ops = S_ISDIR(a->mode)   ? &store_dir_ops
	                  : S_ISREG(a->mode) ? &store_file_ops
	                                     : NULL;
	s->generation = a->generation;
	s->fid = fid;
	s->epoch = epoch;
	return s;
}

/* What a fid that was just walked to stands for: the inode that is known already, or a new one. */
static struct store_inode *inode_for(struct super *super, const struct store_attr *a, uint32_t fid,
                                     uint32_t epoch)
{
	struct store_inode *fresh = alloc_inode(super, a, fid, epoch);
	if (!fresh) {
		store_clunk(fid, epoch);
		return NULL;
	}
	mutex_lock(&inodes_lock);
	struct store_inode *known = find_locked(a);
	if (!known) {
		fresh->hash_next = *bucket_of(a->inode);
		*bucket_of(a->inode) = fresh;
	}
	mutex_unlock(&inodes_lock);
	if (known)
		inode_put(&fresh->paged.inode); /* clunks the fid */
	struct store_inode *s = known ? known : fresh;
	set_attr(&s->paged.inode, a);
	return s;
}

/* Remembers how the inode is reached. */
static void set_place(struct store_inode *s, struct store_inode *parent, const char *name)
{
	char *copy = heap_strdup(name), *old_name = NULL;
	struct store_inode *old_parent = NULL;
	if (!copy || s == parent) {
		heap_free(copy);
		return;
	}
	inode_get(&parent->paged.inode);
	mutex_lock(&inodes_lock);
	old_parent = s->parent;
	old_name = s->name;
	s->parent = parent;
	s->name = copy;
	mutex_unlock(&inodes_lock);
	heap_free(old_name);
	if (old_parent)
		inode_put(&old_parent->paged.inode);
}

static void store_free(struct inode *inode)
{
	struct store_inode *s = store_of(inode);
	mutex_lock(&inodes_lock);
	struct store_inode **at = bucket_of(inode->number);
	while (*at && *at != s)
		at = &(*at)->hash_next;
	if (*at)
		*at = s->hash_next;
	mutex_unlock(&inodes_lock);
	if (s->fid)
		store_clunk(s->fid, s->epoch);
	pages_destroy(&s->paged.pages);
	heap_free(s->name);
	if (s->parent)
		inode_put(&s->parent->paged.inode);
}

/* --- names --- */

static uint32_t new_fid(struct super *super)
{
	uint32_t fid = store_fid_alloc();
	if (fid == 0) {
		dcache_shrink(super);
		fid = store_fid_alloc();
	}
	return fid;
}

static int64_t store_lookup(struct task *task, struct dentry *dir, const char *name,
                            struct inode **out)
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
	struct store_inode *s = inode_for(dir->inode->super, &attr, fresh, store_epoch());
	if (!s)
		return -ENOMEM;
	set_place(s, parent, name);
	*out = &s->paged.inode;
	return 0;
}

/* The dentry of something just made. */
static int64_t add_made(struct dentry *dir, const char *name, struct inode *inode,
                        struct dentry **out)
{
	int64_t result = dcache_add(dir, name, inode, out);
	if (*out)
		(*out)->checked_ns = time_monotonic_ns();
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
	struct store_inode *s = inode_for(dir->inode->super, &attr, fresh, store_epoch());
	if (!s)
		return -ENOMEM;
	set_place(s, parent, name);
	*out = &s->paged.inode;
	return 0;
}

static int64_t store_create_name(struct dentry *dir, const char *name, const struct new_inode *new,
                                 struct dentry **out)
{
	struct inode *inode;
	int64_t result = S_ISLNK(new->mode) ? create_symlink(dir, name, new, &inode)
	                                    : create_file(dir, name, new, &inode);
	return result == 0 ? add_made(dir, name, inode, out) : result;
}

static int64_t store_link_name(struct dentry *from, struct dentry *dir, const char *name)
{
	struct dentry *dentry = NULL;
	struct store_inode *parent = store_of(dir->inode);
	uint32_t dir_fid, dir_epoch;
	int64_t result = ready_fid(parent, &dir_fid, &dir_epoch);
	if (result != 0)
		return result == STORE_GONE ? -EIO : result;
	WITH_FID(result, store_of(from->inode), store_link(fid, dir_fid, name));
	if (result != 0)
		return result;
	inode_get(from->inode);
	(void)add_made(dir, name, from->inode, &dentry);
	dentry_put(dentry);
	inode_refresh(from->inode);
	return 0;
}

static int64_t store_unlink_name(struct dentry *victim, bool is_directory)
{
	char name[NAME_MAX + 1];
	struct dentry *dir = dentry_parent(victim);
	int64_t result;
	dentry_name(victim, name);
	WITH_FID(result, store_of(dir->inode), store_unlink(fid, name, is_directory));
	if (result == 0 || result == -ENOENT)
		(void)dcache_remove(victim, false);
	if (result == 0) {
		mutex_lock(&victim->inode->lock);
		victim->inode->links -= MIN(victim->inode->links, is_directory ? 2u : 1u);
		mutex_unlock(&victim->inode->lock);
	}
	dentry_put(dir);
	return result;
}

static int64_t store_rename_name(struct dentry *from, struct dentry *dir, const char *name,
                                 struct dentry *existing, uint32_t flags)
{
	char old_name[NAME_MAX + 1];
	struct dentry *old_dir = dentry_parent(from);
	uint32_t to_fid, to_epoch;
	dentry_name(from, old_name);
	int64_t result = ready_fid(store_of(dir->inode), &to_fid, &to_epoch);
	if (result == STORE_GONE)
		result = -EIO;
	if (result == 0)
		WITH_FID(result, store_of(old_dir->inode),
		         store_rename(fid, old_name, to_fid, name, flags));
	if (result == 0) {
		bool is_exchange = flags & RENAME_EXCHANGE;
		if (dcache_move(from, dir, name, existing, is_exchange) != 0) {
			(void)dcache_remove(from, false);
			if (existing)
				(void)dcache_remove(existing, false);
		}
		set_place(store_of(from->inode), store_of(dir->inode), name);
		if (is_exchange && existing)
			set_place(store_of(existing->inode), store_of(old_dir->inode), old_name);
	}
	dentry_put(old_dir);
	return result;
}

static int64_t store_read_link(struct task *task, struct dentry *dentry, char *buffer, size_t size)
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

static bool store_revalidate(struct dentry *dentry)
{
	uint64_t now = time_monotonic_ns();
	struct store_attr attr;
	char name[NAME_MAX + 1];
	uint32_t used, fresh;
	int64_t result;
	if (dentry->checked_ns == 0)
		dentry->checked_ns = now;
	if (now - dentry->checked_ns < NAME_IS_FRESH_NS)
		return true;
	struct dentry *dir = dentry_parent(dentry);
	dentry_name(dentry, name);
	fresh = new_fid(dentry->inode->super);
	WITH_FID(result, store_of(dir->inode), store_walk(fid, fresh, name, &used, &attr));
	dentry_put(dir);
	if (result != 0) {
		store_fid_free(fresh);
		return result != -ENOENT &&
		       result != -ESTALE; /* in doubt (a server that is away), keep it */
	}
	store_clunk(fresh, store_epoch());
	dentry->checked_ns = now;
	return attr.inode == dentry->inode->number &&
	       attr.generation == store_of(dentry->inode)->generation;
}

static int64_t store_dir_read(struct file *file, struct dentry *dir, uint64_t cursor,
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

/* --- attributes and content --- */

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
		set_attr(inode, &attr);
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
		set_attr(inode, &after);
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

static const struct inode_ops store_inode_ops = {
	.lookup = store_lookup,
	.create = store_create_name,
	.link = store_link_name,
	.unlink = store_unlink_name,
	.rename = store_rename_name,
	.readlink = store_read_link,
	.refresh = store_refresh,
	.set = store_set,
	.free = store_free,
};
static const struct paged_ops store_paged_ops = {
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
	struct store_inode *root = super ? inode_for(super, &attr, 0, store_epoch()) : NULL;
	struct dentry *dentry = root ? dentry_create_root(&root->paged.inode) : NULL;
	if (!dentry)
		return -ENOMEM;
	*out_super = super;
	*out_root = dentry;
	return 0;
}
