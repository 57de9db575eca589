/*
 * getdents64. A directory's position is 0 before ".", 1 before "..", then 2 + the file system's cursor; the
 * top byte counts the layers of a union directory, each with cursors of its own, and a name that an
 * upper layer has is not shown again.
 */
#include "dirent.h"
#include "file.h"
#include "guest.h"
#include "syscall.h"
#include <base/bits.h>
#include <libanon/heap.h>

#define BUFFER_MAX (32ul << 10)
#define LAYER_SHIFT 60 /* cursors of the store have 60 bits */
#define CURSOR_MASK ((1ull << LAYER_SHIFT) - 1)

struct listing {
	struct dir_sink sink; /* first */
	struct dirent_buffer buffer;
	struct task *task;
	const struct path *path;
	unsigned layer;
	uint64_t position; /* behind the last entry packed */
	bool is_full;
};

/* Whether a layer above the current one has the name. */
static bool is_hidden(struct listing *l, const char *name)
{
	for (unsigned i = 0; i < l->layer; i++) {
		struct path upper = *l->path;
		struct inode *inode = NULL;
		if (i == 0)
			path_get(&upper);
		else if (!path_union_layer(l->path, i - 1, &upper))
			return false;
		struct dentry *found = dcache_find(upper.dentry, name);
		bool is_there = found;
		const struct inode_ops *ops = upper.dentry->inode->ops;
		if (!found && ops->lookup &&
		    ops->lookup(l->task, upper.dentry, name, &inode) == 0) {
			is_there = true;
			inode_put(inode);
		}
		dentry_put(found);
		path_put(&upper);
		if (is_there)
			return true;
	}
	return false;
}

static bool emit(struct dir_sink *sink, const char *name, uint64_t inode, uint8_t type,
                 uint64_t next)
{
	struct listing *l = (struct listing *)sink;
	uint64_t position = (uint64_t)l->layer << LAYER_SHIFT | ((next + 2) & CURSOR_MASK);
	if (l->layer > 0 && is_hidden(l, name)) {
		l->position = position;
		return true;
	}
	if (!dirent_pack(&l->buffer, name, inode, type, position)) {
		l->is_full = true;
		return false;
	}
	l->position = position;
	return true;
}

static bool emit_dots(struct listing *l, struct dentry *dir)
{
	struct dentry *parent = dentry_parent(dir);
	uint64_t numbers[2] = {dir->inode->number, parent->inode->number};
	dentry_put(parent);
	while (l->position < 2) {
		const char *name = l->position == 0 ? "." : "..";
		if (!dirent_pack(&l->buffer, name, numbers[l->position], DT_DIR, l->position + 1))
			return false;
		l->position++;
	}
	return true;
}

/* The directory of the current layer as a reference; false behind the last one. */
static bool layer_path(struct listing *l, struct path *out)
{
	if (l->layer == 0) {
		*out = *l->path;
		path_get(out);
		return true;
	}
	return l->path->dentry->flags & DENTRY_UNION &&
	       path_union_layer(l->path, l->layer - 1, out);
}

static int64_t list_layers(struct file *file, struct listing *l)
{
	struct path dir;
	while (!l->is_full && layer_path(l, &dir)) {
		const struct file_ops *ops = dir.dentry->inode->file_ops;
		uint64_t cursor = (l->position & CURSOR_MASK) - 2;
		size_t used = l->buffer.used;
		int64_t result = ops && ops->readdir
		                         ? ops->readdir(file, dir.dentry, cursor, &l->sink)
		                         : 0;
		path_put(&dir);
		if (result != 0)
			return result;
		if (l->is_full || l->buffer.used > used)
			return 0; /* something to show: the next call looks whether there is more */
		l->layer++;
		l->position = (uint64_t)l->layer << LAYER_SHIFT | 2;
	}
	return 0;
}

static int64_t list(struct task *task, struct file *file, struct listing *l)
{
	int64_t result = 0;
	l->sink.emit = emit;
	l->task = task;
	l->path = &file->path;
	l->position = file->position;
	l->layer = (unsigned)(l->position >> LAYER_SHIFT);
	if (l->layer > 0 || emit_dots(l, file->path.dentry))
		result = list_layers(file, l);
	else
		l->is_full = true;
	if (result == 0 && l->is_full && l->buffer.used == 0)
		result = -EINVAL; /* not even one entry fits */
	return result;
}

static int64_t get_entries(struct task *task, int32_t fd, uint64_t u_buffer, uint32_t bytes,
                           bool is_old)
{
	struct file *file = files_lookup(task->files, fd);
	struct listing l = {.buffer.size = MIN((size_t)bytes, BUFFER_MAX)};
	if (!file)
		return -EBADF;
	int64_t result = file->flags & O_PATH ? -EBADF : S_ISDIR(file->inode->mode) ? 0 : -ENOTDIR;
	if (result == 0 && path_is_deleted(&file->path))
		result = -ENOENT;
	if (result == 0 && !(l.buffer.bytes = heap_alloc(MAX(l.buffer.size, 1ul))))
		result = -ENOMEM;
	if (result == 0)
		result = file_position_lock(task, file);
	if (result == 0) {
		result = list(task, file, &l);
		if (result == 0 && is_old)
			dirent_make_old(&l.buffer);
		if (result == 0)
			result = copy_to_guest(task, u_buffer, l.buffer.bytes, l.buffer.used);
		if (result == 0)
			file->position = l.position;
		file_position_unlock(file);
	}
	heap_free(l.buffer.bytes);
	file_put(file);
	return result == 0 ? (int64_t)l.buffer.used : result;
}

SYSCALL3(getdents64, int32_t, fd, uint64_t, u_buffer, uint32_t, bytes)
{
	return get_entries(task, fd, u_buffer, bytes, false);
}

SYSCALL3(getdents, int32_t, fd, uint64_t, u_buffer, uint32_t, bytes)
{
	return get_entries(task, fd, u_buffer, bytes, true);
}
