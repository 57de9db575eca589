/*
 * Open file descriptions: creation, references, reading and writing with or without moving the position.
 *
 * The position of a description belongs to one read or write at a time (is_position_busy), as on Linux: two
 * processes that write to one description do not overwrite each other. It is a flag and a wait queue and
 * not a lock, since guest memory is touched meanwhile.
 */
#include "file.h"
#include "device.h"
#include "pipe.h"
#include "syscall.h"
#include <base/assert.h>
#include <libanon/heap.h>

int64_t file_create(const struct path *path, uint32_t flags, const struct file_ops *ops,
                    struct file **out_file)
{
	struct file *file = heap_zalloc(sizeof(*file));
	if (!file)
		return -ENFILE;
	file->references = 1;
	file->flags = flags & ~O_ONCE;
	file->ops = ops;
	file->path = *path;
	file->inode = path->dentry->inode;
	path_get(path);
	mutex_init(&file->lock, RANK_FILE);
	wait_queue_init(&file->position_wait);
	*out_file = file;
	return 0;
}

void file_get(struct file *file)
{
	__atomic_fetch_add(&file->references, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *file)
{
	if (!file || __atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	epoll_forget_file(file);
	locks_release_file(file);
	if (file->ops && file->ops->release)
		file->ops->release(file);
	path_put(&file->path);
	heap_free(file);
}

static const struct inode_ops anonymous_inode_ops;
static const struct super_ops anonymous_super_ops;
static struct super *anonymous_super;

static struct super *anonymous(void)
{
	static struct mutex lock = MUTEX_RANKED(RANK_LEAF);
	mutex_lock(&lock);
	if (!anonymous_super)
		anonymous_super = super_create("anon", &anonymous_super_ops, 0,
		                               ANON_INODE_FS_MAGIC);
	mutex_unlock(&lock);
	return anonymous_super;
}

int64_t file_create_anonymous(const char *name, uint32_t mode, uint32_t flags,
                              const struct file_ops *ops, void *private, struct file **out_file)
{
	struct super *super = anonymous();
	struct inode *inode = super ? inode_create(super, mode, &anonymous_inode_ops) : NULL;
	struct dentry *dentry = inode ? dentry_create_free(NULL, name, inode) : NULL;
	if (!dentry)
		return -ENOMEM;
	struct path path = {NULL, dentry};
	int64_t result = file_create(&path, flags, ops, out_file);
	dentry_put(dentry);
	if (result == 0)
		(*out_file)->private = private;
	return result;
}

static const struct file_ops path_only_ops = {.name = "path"};

int64_t file_open_path(struct task *task, const struct path *path, uint32_t flags,
                       struct file **out_file)
{
	struct inode *inode = path->dentry->inode;
	struct file *file;
	if (flags & O_PATH)
		return file_create(path, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW),
		                   &path_only_ops, out_file);
	int64_t result = file_create(path, flags, inode->file_ops, &file);
	if (result != 0)
		return result;
	file->flags |= flags & O_NOCTTY; /* for the opening alone */
	if (inode->ops->open)
		result = inode->ops->open(task, file);
	else if (S_ISFIFO(inode->mode))
		result = fifo_open(task, file);
	else if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		result = device_open(task, file);
	if (result == 0 && !file->ops)
		result = -ENXIO;
	file->flags &= ~O_NOCTTY;
	if (result == 0) {
		*out_file = file;
		return 0;
	}
	file->ops = NULL;
	file_put(file);
	return result;
}

uint32_t file_flags(struct file *file)
{
	return __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
}

bool file_is_nonblocking(struct file *file)
{
	return file_flags(file) & O_NONBLOCK;
}

/* While nobody else has the description, its position needs no lock. */
static bool is_shared(const struct file *file)
{
	return __atomic_load_n(&file->references, __ATOMIC_ACQUIRE) > 1;
}

static bool take_position(struct file *file)
{
	mutex_lock(&file->lock);
	bool is_free = !file->is_position_busy;
	file->is_position_busy = true;
	mutex_unlock(&file->lock);
	return is_free;
}

int64_t file_position_lock(struct task *task, struct file *file)
{
	if (take_position(file))
		return 0;
	return task ? wait_event(task, &file->position_wait, take_position(file), 0) : -EAGAIN;
}

void file_position_unlock(struct file *file)
{
	mutex_lock(&file->lock);
	file->is_position_busy = false;
	mutex_unlock(&file->lock);
	wait_wake(&file->position_wait);
}

static bool is_stream(const struct file *file)
{
	return file->ops->flags & FILE_STREAM;
}

int64_t file_read_at(struct file *file, struct iter *to, uint64_t position)
{
	if (!file->ops->read)
		return S_ISDIR(file->inode->mode) ? -EISDIR : -EINVAL;
	return file->ops->read(file, to, &position);
}

int64_t file_write_at(struct file *file, struct iter *from, uint64_t position)
{
	return file->ops->write ? file->ops->write(file, from, &position) : -EINVAL;
}

int64_t file_read(struct file *file, struct iter *to)
{
	if (!file->ops->read || is_stream(file))
		return file_read_at(file, to, 0);
	if (!is_shared(file))
		return file->ops->read(file, to, &file->position);
	int64_t result = file_position_lock(to->task, file);
	if (result != 0)
		return result;
	result = file->ops->read(file, to, &file->position);
	file_position_unlock(file);
	return result;
}

int64_t file_write(struct file *file, struct iter *from)
{
	if (!file->ops->write || is_stream(file))
		return file_write_at(file, from, 0);
	if (!is_shared(file))
		return file->ops->write(file, from, &file->position);
	int64_t result = file_position_lock(from->task, file);
	if (result != 0)
		return result;
	result = file->ops->write(file, from, &file->position);
	file_position_unlock(file);
	return result;
}

static int64_t seek_base(struct file *file, int whence, uint64_t size, int64_t offset)
{
	switch (whence) {
	case SEEK_SET: return 0;
	case SEEK_CUR: return (int64_t)file->position;
	case SEEK_END: return (int64_t)size;
	case SEEK_DATA: return offset >= 0 && (uint64_t)offset < size ? 0 : -ENXIO;
	case SEEK_HOLE:
		return offset >= 0 && (uint64_t)offset < size ? (int64_t)size - offset : -ENXIO;
	default: return -EINVAL;
	}
}

int64_t seek_within(struct file *file, int64_t offset, int whence, uint64_t size)
{
	mutex_lock(&file->lock);
	int64_t result = seek_base(file, whence, size, offset);
	if (result >= 0) {
		if (__builtin_add_overflow(result, offset, &result))
			result = -EOVERFLOW;
		else if (result < 0)
			result = -EINVAL;
		else
			file->position = (uint64_t)result;
	}
	mutex_unlock(&file->lock);
	return result;
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
	if (is_stream(file))
		return -ESPIPE;
	if (file->ops->seek)
		return file->ops->seek(file, offset, whence);
	inode_refresh(file->inode);
	return seek_within(file, offset, whence, file->inode->size);
}

uint32_t file_poll(struct file *file, struct poll_table *table)
{
	if (!file->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return file->ops->poll(file, table);
}

/* --- what the core asks (file_api.h) --- */

bool file_can_read(struct file *file)
{
	return file_is_readable(file);
}

bool file_can_write(struct file *file)
{
	return file_is_writable(file);
}

bool file_is_regular(struct file *file)
{
	return S_ISREG(file->inode->mode);
}

bool file_maps_as_zero(struct file *file)
{
	return file->ops->flags & FILE_AS_ZERO;
}

int64_t file_pread(struct file *file, void *buffer, size_t bytes, uint64_t offset)
{
	struct iter iter;
	if (is_stream(file))
		return -ESPIPE;
	iter_init_memory(&iter, NULL, buffer, bytes);
	return file_read_at(file, &iter, offset);
}

int64_t file_memory(struct file *file, bool is_writable, handle_t *out_memory)
{
	return file->ops->memory ? file->ops->memory(file, is_writable, out_memory) : -ENODEV;
}

int64_t file_owner(struct file *file, struct file_owner *out_owner)
{
	const struct mount *mount = file->path.mount;
	struct inode *inode = file->inode;
	int64_t result = inode_refresh(inode);
	if (result != 0)
		return result;
	mutex_lock(&inode->lock);
	*out_owner = (struct file_owner){.mode = inode->mode,
	                                 .may_set_ids = !(mount && mount->flags & MS_NOSUID),
	                                 .uid = inode->uid,
	                                 .gid = inode->gid,
	                                 .inode = inode->number,
	                                 .size = inode->size,
	                                 .device = inode->super->device};
	mutex_unlock(&inode->lock);
	return 0;
}

int64_t file_sync_range(struct file *file, uint64_t offset, uint64_t bytes)
{
	(void)offset, (void)bytes;
	return file->ops->sync ? file->ops->sync(file, true) : 0;
}
