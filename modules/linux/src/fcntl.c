/*
 * fcntl, and the ioctls that mean the same on every descriptor.
 */
#include "file.h"
#include "guest.h"
#include "syscall.h"
#include "locks.h"
#include "pipe.h"

static int64_t dup_above(struct task *task, struct file *file, uint64_t minimum,
                         bool is_close_on_exec)
{
	if (minimum >= task_rlimit(task, RLIMIT_NOFILE) || minimum > INT32_MAX)
		return -EINVAL;
	file_get(file);
	int64_t fd = files_add(task, file, (int32_t)minimum, is_close_on_exec);
	if (fd < 0)
		file_put(file);
	return fd;
}

static void set_flags(struct file *file, uint32_t mask, uint32_t flags)
{
	mutex_lock(&file->lock);
	file->flags = (file->flags & ~mask) | (flags & mask);
	mutex_unlock(&file->lock);
	if (file->ops->flags_changed)
		file->ops->flags_changed(file);
}

static int64_t set_close_flag(struct task *task, int32_t fd, bool is_set)
{
	int64_t result = files_close_flag(task->files, fd, &is_set);
	return result < 0 ? result : 0;
}

/* Commands that O_PATH descriptors know too. */
static int64_t fcntl_any(struct task *task, int32_t fd, struct file *file, uint32_t command,
                         uint64_t argument)
{
	switch (command) {
	case F_DUPFD: return dup_above(task, file, argument, false);
	case F_DUPFD_CLOEXEC: return dup_above(task, file, argument, true);
	case F_GETFD: return files_close_flag(task->files, fd, NULL);
	case F_SETFD: return set_close_flag(task, fd, argument & FD_CLOEXEC);
	case F_GETFL: return file_flags(file) | (file->flags & O_PATH ? 0 : O_LARGEFILE);
	default: return -EBADF;
	}
}

/* Files in memory have seals; here always just the one that forbids further ones. */
static bool has_seals(const struct file *file)
{
	return S_ISREG(file->inode->mode) && file->inode->super->magic == TMPFS_MAGIC;
}

static int64_t fcntl_open(struct task *task, struct file *file, uint32_t command, uint64_t argument)
{
	switch (command) {
	case F_SETFL: set_flags(file, O_SETFL, (uint32_t)argument); return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW: return locks_fcntl(task, file, command, argument);
	case F_GETOWN: return file->owner;
	case F_SETOWN: file->owner = (int32_t)argument; return 0;
	case F_GETPIPE_SZ: return pipe_size(file);
	case F_SETPIPE_SZ: return pipe_set_size(file, (uint32_t)argument);
	case F_GET_SEALS: return has_seals(file) ? F_SEAL_SEAL : -EINVAL;
	case F_ADD_SEALS: return has_seals(file) ? -EPERM : -EINVAL;
	default: return -EINVAL;
	}
}

SYSCALL3(fcntl, int32_t, fd, uint32_t, command, uint64_t, argument)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = fcntl_any(task, fd, file, command, argument);
	if (result == -EBADF && !(file->flags & O_PATH))
		result = fcntl_open(task, file, command, argument);
	file_put(file);
	return result;
}

static int64_t set_nonblocking(struct task *task, struct file *file, uint64_t u_value)
{
	uint32_t value;
	int64_t result = get_guest_u32(task, u_value, &value);
	if (result == 0)
		set_flags(file, O_NONBLOCK, value ? O_NONBLOCK : 0);
	return result;
}

/* Bytes to the end of a regular file. */
static int64_t count_readable(struct task *task, struct file *file, uint64_t u_value)
{
	inode_refresh(file->inode);
	uint64_t size = file->inode->size, at = file->position;
	return put_guest_u32(task, u_value, at < size ? (uint32_t)(size - at) : 0);
}

static int64_t ioctl_open(struct task *task, int32_t fd, struct file *file, uint32_t command,
                          uint64_t argument)
{
	switch (command) {
	case FIOCLEX: return set_close_flag(task, fd, true);
	case FIONCLEX: return set_close_flag(task, fd, false);
	case FIONBIO: return set_nonblocking(task, file, argument);
	case FIOASYNC: return 0;
	default: break;
	}
	if (file->ops->ioctl)
		return file->ops->ioctl(task, file, command, argument);
	if (command == FIONREAD && S_ISREG(file->inode->mode))
		return count_readable(task, file, argument);
	return -ENOTTY;
}

SYSCALL3(ioctl, int32_t, fd, uint32_t, command, uint64_t, argument)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = file->flags & O_PATH ? -EBADF
	                                      : ioctl_open(task, fd, file, command, argument);
	file_put(file);
	return result;
}
