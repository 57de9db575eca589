/*
 * The boot archive (newc cpio) as a read-only file system: its names are put into the name cache at start,
 * reads copy straight from the archive, which is mapped whole. A file that is mapped or executed shows the
 * archive's own pages when it begins at one (programs do); others are copied once into a memory object.
 */
#include "archivefs.h"
#include "filemap.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/archive.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>

struct archive_inode {
	struct inode inode; /* first */
	const uint8_t *data;
	handle_t memory; /* inode.lock: a copy to map, once asked for */
};

static const uint8_t *archive_bytes; /* mapped whole; null before the first use */
static uint64_t archive_size;

static int64_t archive_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct archive_inode *a = (struct archive_inode *)file->inode;
	if (*position >= a->inode.size || to->left == 0)
		return 0;
	size_t wanted = MIN(to->left, a->inode.size - *position);
	size_t done = iter_put(to, a->data + *position, wanted);
	*position += done;
	return done > 0 ? (int64_t)done : -EFAULT;
}

/* The file's own pages of the archive, when its bytes begin at one. */
static bool slice_out(struct archive_inode *a, handle_t *out_memory)
{
	uint64_t offset = (uint64_t)(a->data - archive_bytes);
	if (offset % PAGE_SIZE || a->inode.size == 0)
		return false;
	return sys_memory_slice(start_handle("archive"), offset, align_up(a->inode.size, PAGE_SIZE),
	                        0, out_memory) == OK;
}

static int64_t copy_out(struct archive_inode *a, handle_t *out_memory)
{
	uint64_t bytes = align_up(MAX(a->inode.size, 1ul), PAGE_SIZE);
	handle_t memory;
	int64_t result = memory_os_create(bytes, &memory);
	void *address = result == 0 ? memory_os_map(memory, 0, bytes, true) : NULL;
	if (!address) {
		if (result == 0)
			memory_os_close(memory);
		return -ENOMEM;
	}
	if (copy_guarded(address, a->data, a->inode.size) != a->inode.size)
		result = -ENOMEM;
	memory_os_unmap(address, bytes);
	if (result == 0)
		*out_memory = memory;
	else
		memory_os_close(memory);
	return result;
}

static int64_t archive_memory(struct file *file, bool is_writable, handle_t *out_memory)
{
	struct archive_inode *a = (struct archive_inode *)file->inode;
	int64_t result = 0;
	if (is_writable)
		return -EACCES;
	mutex_lock(&a->inode.lock);
	if (!a->memory.value && !slice_out(a, &a->memory))
		result = copy_out(a, &a->memory);
	*out_memory = a->memory;
	mutex_unlock(&a->inode.lock);
	return result;
}

static int64_t archive_readlink(struct task *task, struct dentry *dentry, char *buffer, size_t size)
{
	const struct archive_inode *a = (struct archive_inode *)dentry->inode;
	size_t len = MIN((size_t)a->inode.size, size);
	(void)task;
	memcpy(buffer, a->data, len);
	return (int64_t)len;
}

static void archive_free(struct inode *inode)
{
	struct archive_inode *a = (struct archive_inode *)inode;
	if (a->memory.value)
		memory_os_close(a->memory);
}

static const struct inode_ops archive_inode_ops = {.readlink = archive_readlink,
                                                   .free = archive_free};
static const struct file_ops archive_file_ops = {
	.name = "archive",
	.read = archive_read,
	.memory = archive_memory,
};
static const struct file_ops archive_dir_ops = {.name = "archive", .readdir = dcache_readdir};
static const struct super_ops archive_super_ops;

static struct inode *new_inode(struct super *super, const struct archive_entry *entry)
{
	struct archive_inode *a = heap_zalloc(sizeof(*a));
	if (!a)
		return NULL;
	inode_init(&a->inode, super, entry->mode, &archive_inode_ops);
	a->inode.file_ops = S_ISDIR(entry->mode)   ? &archive_dir_ops
	                    : S_ISREG(entry->mode) ? &archive_file_ops
	                                           : NULL;
	a->inode.size = S_ISDIR(entry->mode) ? 0 : entry->bytes;
	a->inode.allocated = a->inode.size;
	a->inode.atime = a->inode.mtime = a->inode.ctime = 0;
	a->data = entry->data;
	return &a->inode;
}

/* Adds one member below root; its parents come before it. */
static int64_t add(struct dentry *root, const char *path, const struct archive_entry *entry)
{
	char name[NAME_MAX + 1];
	struct dentry *dir = dentry_get(root), *next;
	const char *slash;
	while ((slash = strchr(path, '/'))) {
		if (!string_copy_len(name, path, (size_t)(slash - path), sizeof(name)))
			break;
		next = dcache_find(dir, name);
		dentry_put(dir);
		if (!next)
			return -ENOENT;
		dir = next;
		path = slash + 1;
	}
	struct inode *inode = new_inode(root->inode->super, entry);
	int64_t result = inode ? dcache_add(dir, path, inode, &next) : -ENOMEM;
	if (inode)
		dentry_put(next);
	dentry_put(dir);
	return result;
}

static bool map_archive(struct archive *archive)
{
	struct memory_info info;
	void *address;
	handle_t memory = start_handle("archive");
	if (!archive_bytes) {
		if (handle_is_none(memory) || sys_memory_info(memory, &info) != OK)
			return false;
		if (memory_map(memory, 0, info.bytes, MAP_READ, &address) != OK)
			return false;
		archive_bytes = address;
		archive_size = info.bytes;
	}
	archive_init(archive, archive_bytes, archive_size);
	return true;
}

static void add_all(struct archive *archive, const char *top, struct dentry *root)
{
	struct archive_entry entry;
	uint64_t cursor = 0;
	size_t len = strlen(top);
	unsigned refused = 0;
	while (archive_next(archive, &cursor, &entry) == OK) {
		bool is_below = strncmp(entry.name, top, len) == 0 && entry.name[len] == '/';
		if (is_below && entry.name[len + 1])
			refused += add(root, entry.name + len + 1, &entry) != 0;
	}
	if (refused > 0)
		log_warn("boot archive: %u entries of /%s could not be added", refused, top);
}

int64_t archivefs_create(const char *top, struct super **out_super, struct dentry **out_root)
{
	struct archive archive;
	struct archive_entry entry = {.mode = S_IFDIR | 0755};
	if (!map_archive(&archive))
		return -ENOENT;
	struct super *super = super_create("archive", &archive_super_ops,
	                                   SUPER_RESIDENT | SUPER_READ_ONLY, CRAMFS_MAGIC);
	struct inode *inode = super ? new_inode(super, &entry) : NULL;
	struct dentry *root = inode ? dentry_create_root(inode) : NULL;
	if (!root)
		return -ENOMEM;
	add_all(&archive, top, root);
	*out_super = super;
	*out_root = root;
	return 0;
}
