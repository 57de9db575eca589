/*
 * sync, syncfs, fsync, fdatasync, statfs, and the advice calls that need no action.
 */
#include "file.h"
#include "guest.h"
#include "path_arg.h"
#include "syscall.h"

static int64_t sync_file(struct task *task, int32_t fd, bool is_data_only)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = 0;
	if (file->flags & O_PATH)
		result = -EBADF;
	else if (file->ops->flags & FILE_STREAM)
		result = -EINVAL;
	else if (file->ops->sync)
		result = file->ops->sync(file, is_data_only);
	file_put(file);
	return result;
}

SYSCALL1(fsync, int32_t, fd)
{
	return sync_file(task, fd, false);
}

SYSCALL1(fdatasync, int32_t, fd)
{
	return sync_file(task, fd, true);
}

static int64_t sync_super(struct super *super)
{
	return super->ops->sync ? super->ops->sync(super) : 0;
}

static void sync_mount(void *context, struct mount *mount)
{
	(void)context;
	(void)sync_super(mount->super);
}

SYSCALL0(sync)
{
	mounts_for_each(NULL, sync_mount, NULL);
	return 0;
}

SYSCALL1(syncfs, int32_t, fd)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = sync_super(file->inode->super);
	file_put(file);
	return result;
}

SYSCALL4(sync_file_range, int32_t, fd, int64_t, offset, int64_t, bytes, uint32_t, flags)
{
	return sync_file(task, fd, true);
}

static int64_t put_statfs(struct task *task, struct path *path, uint64_t u_out)
{
	struct super *super = path->dentry->inode->super;
	struct linux_statfs out = {.type = super->magic,
	                           .bsize = 4096,
	                           .frsize = 4096,
	                           .namelen = NAME_MAX,
	                           .fsid = super->device};
	int64_t result = super->ops->statfs ? super->ops->statfs(path->dentry, &out) : 0;
	if (path->mount)
		out.flags = (int64_t)(path->mount->flags & 15) | 32; /* ST_VALID */
	return result == 0 ? copy_to_guest(task, u_out, &out, sizeof(out)) : result;
}

SYSCALL2(statfs, uint64_t, u_path, uint64_t, u_out)
{
	struct path path;
	int64_t result = path_from_guest(task, AT_FDCWD, u_path, LOOKUP_FOLLOW, &path);
	if (result != 0)
		return result;
	result = put_statfs(task, &path, u_out);
	path_put(&path);
	return result;
}

SYSCALL2(fstatfs, int32_t, fd, uint64_t, u_out)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = put_statfs(task, &file->path, u_out);
	file_put(file);
	return result;
}

/* Advice about access patterns: the caches do well without it. */
SYSCALL4(fadvise64, int32_t, fd, int64_t, offset, int64_t, bytes, uint32_t, advice)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = file->ops->flags & FILE_STREAM ? -ESPIPE : advice > 5 ? -EINVAL : 0;
	file_put(file);
	return result;
}

SYSCALL3(readahead, int32_t, fd, int64_t, offset, uint64_t, bytes)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = S_ISREG(file->inode->mode) ? 0 : -EINVAL;
	file_put(file);
	return result;
}
