/*
 * tmpfs: files that live in memory. Names are the name cache itself (dcache.c, resident); a regular file's
 * content is a memory object of the container's domain, made at the first write. The object is larger than
 * the file (it doubles) until somebody maps it: from then on it ends where the file ends, to the page,
 * so that touching what lies behind the end is a bus error, as it should be.
 */
#include "tmpfs.h"
#include "filemap.h"
#include "syscall.h"
#include "time.h"
#include "uname.h"
#include <base/bits.h>
#include <base/parse.h>
#include <base/string.h>
#include <libanon/heap.h>

#define PAGE_UP(n) align_up((n), 4096)

struct tmpfs_inode {
	struct paged_inode paged; /* first */
	uint64_t capacity;        /* of the memory object; under the write token */
	bool is_mapped;           /* the object must end with the file */
	char *target;             /* of a symbolic link */
};

static const struct inode_ops tmpfs_inode_ops;
static const struct file_ops tmpfs_file_ops, tmpfs_dir_ops;
static const struct paged_ops tmpfs_paged_ops;

static struct tmpfs_inode *tmpfs_of(struct inode *inode)
{
	return (struct tmpfs_inode *)inode;
}

static struct inode *new_inode(struct super *super, const struct new_inode *new)
{
	struct tmpfs_inode *t = heap_zalloc(sizeof(*t));
	struct inode *inode = &t->paged.inode;
	if (!t)
		return NULL;
	if (new->target && !(t->target = heap_strdup(new->target))) {
		heap_free(t);
		return NULL;
	}
	inode_init(inode, super, new->mode, &tmpfs_inode_ops);
	pages_init(&t->paged.pages, HANDLE_NONE, true);
	t->paged.paged_ops = &tmpfs_paged_ops;
	inode->uid = new->uid;
	inode->gid = new->gid;
	inode->rdev = new->rdev;
	inode->size = new->target ? strlen(new->target) : 0;
	if (S_ISREG(new->mode))
		inode->file_ops = &tmpfs_file_ops;
	else if (S_ISDIR(new->mode))
		inode->file_ops = &tmpfs_dir_ops;
	return inode;
}

static void tmpfs_free(struct inode *inode)
{
	struct tmpfs_inode *t = tmpfs_of(inode);
	pages_destroy(&t->paged.pages);
	heap_free(t->target);
}

/* --- content --- */

/* The object may be too small for `size`, or too large once it is mapped; the write token is held. */
static int64_t fit(struct tmpfs_inode *t, uint64_t size)
{
	struct pages *pages = &t->paged.pages;
	uint64_t wanted = PAGE_UP(MAX(size, 1ul));
	int64_t result = 0;
	if (!t->is_mapped)
		wanted = wanted > t->capacity
		                 ? MAX(wanted, MIN(t->capacity * 2, t->capacity + (1ul << 20)))
		                 : t->capacity;
	if (wanted == t->capacity && pages->memory.value)
		return 0;
	if (wanted > t->capacity && memory_os_is_short())
		return -ENOSPC;
	if (!pages->memory.value) {
		handle_t memory;
		result = memory_os_create(wanted, &memory);
		if (result == 0)
			pages_replace(pages, memory, true);
	} else {
		result = memory_os_resize(pages->memory, wanted);
	}
	if (result == 0)
		t->capacity = wanted;
	return result == -ENOMEM ? -ENOSPC : result;
}

static int64_t tmpfs_reserve(struct paged_inode *paged, uint64_t size)
{
	return fit((struct tmpfs_inode *)paged, size);
}

/* Without memory for it the write fails itself. */
static void tmpfs_populate(struct paged_inode *paged, uint64_t offset, size_t bytes)
{
	memory_os_populate(paged->pages.memory, offset, bytes);
}

static int64_t tmpfs_ready(struct paged_inode *paged, bool is_writable)
{
	struct tmpfs_inode *t = (struct tmpfs_inode *)paged;
	return is_writable && !paged->pages.memory.value ? fit(t, paged->inode.size) : 0;
}

static int64_t tmpfs_memory(struct file *file, bool is_writable, handle_t *out_memory)
{
	struct tmpfs_inode *t = tmpfs_of(file->inode);
	int64_t result = inode_write_lock(NULL, file->inode);
	(void)is_writable;
	if (result != 0)
		return result;
	t->is_mapped = true;
	result = fit(t, file->inode->size);
	if (result == 0)
		*out_memory = t->paged.pages.memory;
	inode_write_unlock(file->inode);
	return result;
}

/* Cutting frees whole pages and clears the rest of the last one, which a later growth must show as zero. */
static int64_t cut(struct tmpfs_inode *t, uint64_t size)
{
	struct pages *pages = &t->paged.pages;
	if (!pages->memory.value)
		return 0;
	uint64_t kept = MAX(PAGE_UP(size), 4096ul);
	if (kept < t->capacity) {
		int64_t result = memory_os_resize(pages->memory, kept);
		if (result != 0)
			return result;
		t->capacity = kept;
	}
	int64_t result = size < kept ? pages_zero(pages, size, kept - size) : 0;
	return result < 0 ? result : 0;
}

static int64_t set_size(struct inode *inode, uint64_t size, bool is_growing)
{
	struct tmpfs_inode *t = tmpfs_of(inode);
	int64_t result = inode_write_lock(NULL, inode);
	if (result != 0)
		return result;
	if (is_growing)
		size = MAX(size, inode->size);
	if (size < inode->size)
		result = cut(t, size);
	else if (t->is_mapped)
		result = fit(t, size);
	if (result == 0) {
		mutex_lock(&inode->lock);
		inode->size = size;
		inode->mtime = time_real_ns();
		mutex_unlock(&inode->lock);
	}
	inode_write_unlock(inode);
	return result;
}

static int64_t tmpfs_set(struct inode *inode, const struct attributes *attributes)
{
	int64_t result = 0;
	if (attributes->mask & ATTR_SIZE)
		result = set_size(inode, attributes->size, attributes->mask & ATTR_GROW);
	if (result == 0)
		inode_set_attributes(inode, attributes);
	return result;
}

static int64_t tmpfs_refresh(struct inode *inode)
{
	inode->allocated = S_ISREG(inode->mode)
	                           ? PAGE_UP(MIN(inode->size, tmpfs_of(inode)->capacity))
	                           : 0;
	return 0;
}

/* --- names --- */

static void change_links(struct inode *inode, int change, uint64_t now)
{
	mutex_lock(&inode->lock);
	inode->links += (uint32_t)change;
	inode->ctime = now;
	mutex_unlock(&inode->lock);
}

/* A directory changed; sub-directories count as links to it. */
static void dir_changed(struct dentry *dir, const struct inode *child, int change, uint64_t now)
{
	inode_touch_at(dir->inode, ATTR_MTIME, now);
	if (S_ISDIR(child->mode))
		change_links(dir->inode, change, now);
}

static int64_t tmpfs_create_name(struct dentry *dir, const char *name, const struct new_inode *new,
                                 struct dentry **out)
{
	struct inode *inode = new_inode(dir->inode->super, new);
	if (!inode)
		return -ENOSPC;
	int64_t result = dcache_add(dir, name, inode, out);
	if (result == 0) {
		dir_changed(dir, inode, 1, inode->ctime);
	} else if (*out) {
		dentry_put(*out);
	}
	return result;
}

static int64_t tmpfs_link(struct dentry *from, struct dentry *dir, const char *name)
{
	struct dentry *dentry = NULL;
	uint64_t now = time_real_ns();
	inode_get(from->inode);
	change_links(from->inode, 1, now);
	int64_t result = dcache_add(dir, name, from->inode, &dentry);
	if (result == 0)
		dir_changed(dir, from->inode, 0, now);
	else
		change_links(from->inode, -1, now);
	dentry_put(dentry);
	return result;
}

static int64_t tmpfs_unlink(struct dentry *victim, bool is_directory)
{
	struct dentry *dir = dentry_parent(victim);
	int64_t result = dcache_remove(victim, is_directory);
	if (result == 0) {
		uint64_t now = time_real_ns();
		dir_changed(dir, victim->inode, -1, now);
		change_links(victim->inode, is_directory ? -2 : -1, now);
	}
	dentry_put(dir);
	return result;
}

static int64_t tmpfs_rename(struct dentry *from, struct dentry *dir, const char *name,
                            struct dentry *existing, uint32_t flags)
{
	bool is_exchange = flags & RENAME_EXCHANGE;
	struct dentry *old_dir = dentry_parent(from);
	int64_t result = dcache_move(from, dir, name, existing, is_exchange, NULL);
	uint64_t now = time_real_ns();
	if (result == 0) {
		dir_changed(old_dir, from->inode, -1, now);
		dir_changed(dir, from->inode, 1, now);
		inode_touch_at(from->inode, 0, now);
	}
	if (result == 0 && existing) {
		dir_changed(dir, existing->inode, -1, now);
		if (is_exchange)
			dir_changed(old_dir, existing->inode, 1, now);
		else
			change_links(existing->inode, S_ISDIR(existing->inode->mode) ? -2 : -1,
			             now);
	}
	dentry_put(old_dir);
	return result;
}

static int64_t tmpfs_readlink(struct task *task, struct dentry *dentry, char *buffer, size_t size)
{
	const char *target = tmpfs_of(dentry->inode)->target;
	size_t len = MIN(strlen(target), size);
	(void)task;
	memcpy(buffer, target, len);
	return (int64_t)len;
}

static const struct inode_ops tmpfs_inode_ops = {
	.create = tmpfs_create_name,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rename = tmpfs_rename,
	.readlink = tmpfs_readlink,
	.refresh = tmpfs_refresh,
	.set = tmpfs_set,
	.free = tmpfs_free,
};
static const struct paged_ops tmpfs_paged_ops = {
	.ready = tmpfs_ready, .reserve = tmpfs_reserve, .populate = tmpfs_populate};
static const struct file_ops tmpfs_file_ops = {
	.name = "tmpfs",
	.read = filemap_read,
	.write = filemap_write,
	.memory = tmpfs_memory,
};
static const struct file_ops tmpfs_dir_ops = {.name = "tmpfs", .readdir = dcache_readdir};

/* --- the file system --- */

static int64_t tmpfs_statfs(struct dentry *dentry, struct linux_statfs *out)
{
	(void)dentry;
	sysinfo_memory(&out->blocks, &out->bfree);
	out->bavail = out->bfree;
	out->files = out->blocks;
	out->ffree = out->bfree;
	return 0;
}

static const struct super_ops tmpfs_super_ops = {.statfs = tmpfs_statfs};

int64_t tmpfs_create(const char *type, int64_t magic, uint32_t mode, struct super **out_super,
                     struct dentry **out_root)
{
	struct new_inode new = {.mode = S_IFDIR | mode};
	struct super *super = super_create(type, &tmpfs_super_ops, SUPER_RESIDENT, magic);
	struct inode *inode = super ? new_inode(super, &new) : NULL;
	return super_begin(super, inode, out_super, out_root);
}

/* The only options that matter here: mode=, uid=, gid=. */
static void read_options(const char *options, struct inode *root)
{
	uint64_t number;
	while (*options) {
		const char *value = options + 5;
		if (strncmp(options, "mode=", 5) == 0 && parse_number(&value, 8, &number))
			root->mode = S_IFDIR | ((uint32_t)number & S_IALLUGO);
		value = options + 4;
		if (strncmp(options, "uid=", 4) == 0 && parse_number(&value, 10, &number))
			root->uid = (uint32_t)number;
		if (strncmp(options, "gid=", 4) == 0 && parse_number(&value, 10, &number))
			root->gid = (uint32_t)number;
		options = strchr(options, ',') ? strchr(options, ',') + 1 : "";
	}
}

int64_t tmpfs_mount(struct task *task, const char *options, struct super **out_super,
                    struct dentry **out_root)
{
	(void)task;
	int64_t result = tmpfs_create("tmpfs", TMPFS_MAGIC, 01777, out_super, out_root);
	if (result == 0)
		read_options(options, (*out_root)->inode);
	return result;
}

int64_t tmpfs_make(struct dentry *dir, const char *name, uint32_t mode, uint64_t rdev,
                   const char *target, struct dentry **out)
{
	struct new_inode new = {.mode = mode, .rdev = rdev, .target = target};
	struct dentry *dentry;
	int64_t result = tmpfs_create_name(dir, name, &new, &dentry);
	if (result != 0)
		return result;
	if (out)
		*out = dentry;
	else
		dentry_put(dentry);
	return 0;
}

/* Of all files without a name; nobody mounts it. */
static struct super *nameless_super(void)
{
	static struct mutex lock = MUTEX_RANKED(RANK_PIPE);
	static struct super *super;
	mutex_lock(&lock);
	if (!super)
		super = super_create("tmpfs", &tmpfs_super_ops, SUPER_RESIDENT, TMPFS_MAGIC);
	mutex_unlock(&lock);
	return super;
}

struct dentry *tmpfs_make_nameless(const char *name, const struct new_inode *new)
{
	struct super *super = nameless_super();
	struct inode *inode = super ? new_inode(super, new) : NULL;
	if (!inode)
		return NULL;
	inode->links = 0;
	return dentry_create_free(NULL, name, inode);
}
