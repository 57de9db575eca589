/*
 * Changing attributes: chmod, chown, utimens, truncate and their relatives.
 */
#include "file.h"
#include "guest.h"
#include "path_arg.h"
#include "syscall.h"
#include "time.h"

static int64_t set_attributes(const struct path *path, const struct attributes *a)
{
	struct inode *inode = path->dentry->inode;
	int64_t result = path_may_write(path);
	if (result != 0)
		return result;
	if (!inode->ops->set)
		return path->mount ? -EPERM : 0; /* pipes and sockets: nothing depends on it */
	return inode->ops->set(inode, a);
}

/* The path of an open file for a call that changes it: references. */
static int64_t path_of_fd(struct task *task, int32_t fd, bool is_path_ok, struct path *out)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = file->flags & O_PATH && !is_path_ok ? -EBADF : 0;
	if (result == 0) {
		*out = file->path;
		path_get(out);
	}
	file_put(file);
	return result;
}

static uint32_t lookup_of(uint32_t flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* --- mode --- */

static int64_t chmod_path(struct task *task, const struct path *path, uint32_t mode)
{
	struct inode *inode = path->dentry->inode;
	struct attributes a = {.mask = ATTR_MODE, .mode = mode & S_IALLUGO};
	inode_refresh(inode);
	int64_t result = path_may_write(path);
	if (result != 0)
		return result;
	if (!inode_is_owner(task, inode))
		return -EPERM;
	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	if (!S_ISDIR(inode->mode) && !cred_in_group(&task->cred, inode->gid) &&
	    inode->gid != task->cred.fsgid && !capable(task, CAP_FSETID))
		a.mode &= ~S_ISGID;
	return set_attributes(path, &a);
}

static int64_t chmod_at(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t mode,
                        uint32_t flags)
{
	struct path path;
	int64_t result = path_from_guest(task, dir_fd, u_path, lookup_of(flags), &path);
	if (result != 0)
		return result;
	result = chmod_path(task, &path, mode);
	path_put(&path);
	return result;
}

SYSCALL2(chmod, uint64_t, u_path, uint32_t, mode)
{
	return chmod_at(task, AT_FDCWD, u_path, mode, 0);
}

SYSCALL3(fchmodat, int32_t, dir_fd, uint64_t, u_path, uint32_t, mode)
{
	return chmod_at(task, dir_fd, u_path, mode, 0);
}

SYSCALL2(fchmod, int32_t, fd, uint32_t, mode)
{
	struct path path;
	int64_t result = path_of_fd(task, fd, false, &path);
	if (result != 0)
		return result;
	result = chmod_path(task, &path, mode);
	path_put(&path);
	return result;
}

/* --- owner --- */

static int64_t may_chown(struct task *task, const struct inode *inode, uint32_t uid, uint32_t gid)
{
	if (capable(task, CAP_CHOWN))
		return 0;
	if (uid != ~0u && (inode->uid != task->cred.fsuid || uid != inode->uid))
		return -EPERM;
	if (gid != ~0u &&
	    (inode->uid != task->cred.fsuid ||
	     (gid != task->cred.fsgid && !cred_in_group(&task->cred, gid) && gid != inode->gid)))
		return -EPERM;
	return 0;
}

static int64_t chown_path(struct task *task, const struct path *path, uint32_t uid, uint32_t gid)
{
	struct inode *inode = path->dentry->inode;
	struct attributes a = {.uid = uid, .gid = gid};
	inode_refresh(inode);
	int64_t result = path_may_write(path);
	if (result == 0)
		result = may_chown(task, inode, uid, gid);
	if (result != 0)
		return result;
	a.mask = (uid != ~0u ? ATTR_UID : 0) | (gid != ~0u ? ATTR_GID : 0);
	if (!S_ISDIR(inode->mode) && mode_without_set_ids(inode->mode) != inode->mode) {
		a.mode = mode_without_set_ids(inode->mode);
		a.mask |= ATTR_MODE;
	}
	return set_attributes(path, &a);
}

static int64_t chown_at(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t uid,
                        uint32_t gid, uint32_t flags)
{
	struct path path;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	int64_t result = path_from_guest(task, dir_fd, u_path, lookup_of(flags), &path);
	if (result != 0)
		return result;
	result = chown_path(task, &path, uid, gid);
	path_put(&path);
	return result;
}

SYSCALL3(chown, uint64_t, u_path, uint32_t, uid, uint32_t, gid)
{
	return chown_at(task, AT_FDCWD, u_path, uid, gid, 0);
}

SYSCALL3(lchown, uint64_t, u_path, uint32_t, uid, uint32_t, gid)
{
	return chown_at(task, AT_FDCWD, u_path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

SYSCALL5(fchownat, int32_t, dir_fd, uint64_t, u_path, uint32_t, uid, uint32_t, gid, uint32_t, flags)
{
	return chown_at(task, dir_fd, u_path, uid, gid, flags);
}

SYSCALL3(fchown, int32_t, fd, uint32_t, uid, uint32_t, gid)
{
	struct path path;
	int64_t result = path_of_fd(task, fd, false, &path);
	if (result != 0)
		return result;
	result = chown_path(task, &path, uid, gid);
	path_put(&path);
	return result;
}

/* --- times --- */

/* A time as utimensat takes it, into *out_ns with its bit of *mask. *is_now: at least one was UTIME_NOW. */
static int64_t take_time(const struct linux_timespec *t, uint32_t bit, uint32_t *mask,
                         uint64_t *out_ns, bool *is_now)
{
	if (t->tv_nsec == UTIME_OMIT)
		return 0;
	*mask |= bit;
	if (t->tv_nsec == UTIME_NOW) {
		*out_ns = time_real_ns();
		return 0;
	}
	*is_now = false;
	if (t->tv_nsec < 0 || t->tv_nsec >= (int64_t)NS_PER_SECOND)
		return -EINVAL;
	*out_ns = t->tv_sec < 0 ? 0 : (uint64_t)t->tv_sec * NS_PER_SECOND + (uint64_t)t->tv_nsec;
	return 0;
}

static int64_t set_times(struct task *task, const struct path *path,
                         const struct linux_timespec times[2])
{
	struct attributes a = {0};
	struct inode *inode = path->dentry->inode;
	bool is_now = true;
	int64_t result = take_time(&times[0], ATTR_ATIME, &a.mask, &a.atime, &is_now);
	if (result == 0)
		result = take_time(&times[1], ATTR_MTIME, &a.mask, &a.mtime, &is_now);
	if (result != 0 || a.mask == 0)
		return result;
	inode_refresh(inode);
	result = path_may_write(path);
	if (result != 0)
		return result;
	if (!inode_is_owner(task, inode)) {
		if (!is_now || a.mask != (ATTR_ATIME | ATTR_MTIME))
			return -EPERM;
		result = inode_permission(task, inode, MAY_WRITE);
	}
	return result == 0 ? set_attributes(path, &a) : result;
}

static int64_t utimens(struct task *task, int32_t dir_fd, uint64_t u_path,
                       const struct linux_timespec times[2], uint32_t flags)
{
	struct path path;
	int64_t result;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (u_path == 0)
		result = dir_fd == AT_FDCWD ? -EFAULT : path_of_fd(task, dir_fd, false, &path);
	else
		result = path_from_guest(task, dir_fd, u_path, lookup_of(flags), &path);
	if (result != 0)
		return result;
	result = set_times(task, &path, times);
	path_put(&path);
	return result;
}

static const struct linux_timespec both_now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};

SYSCALL4(utimensat, int32_t, dir_fd, uint64_t, u_path, uint64_t, u_times, uint32_t, flags)
{
	struct linux_timespec times[2] = {both_now[0], both_now[1]};
	int64_t result = u_times ? copy_from_guest(task, times, u_times, sizeof(times)) : 0;
	return result == 0 ? utimens(task, dir_fd, u_path, times, flags) : result;
}

static int64_t utimes_at(struct task *task, int32_t dir_fd, uint64_t u_path, uint64_t u_times)
{
	struct linux_timeval in[2];
	struct linux_timespec times[2] = {both_now[0], both_now[1]};
	if (u_times) {
		int64_t result = copy_from_guest(task, in, u_times, sizeof(in));
		if (result != 0)
			return result;
		for (unsigned i = 0; i < 2; i++) {
			if (in[i].tv_usec < 0 || in[i].tv_usec >= 1000000)
				return -EINVAL;
			times[i] = (struct linux_timespec){in[i].tv_sec, in[i].tv_usec * 1000};
		}
	}
	return utimens(task, dir_fd, u_path, times, 0);
}

SYSCALL2(utimes, uint64_t, u_path, uint64_t, u_times)
{
	return utimes_at(task, AT_FDCWD, u_path, u_times);
}

SYSCALL3(futimesat, int32_t, dir_fd, uint64_t, u_path, uint64_t, u_times)
{
	return utimes_at(task, dir_fd, u_path, u_times);
}

SYSCALL2(utime, uint64_t, u_path, uint64_t, u_times)
{
	int64_t in[2];
	struct linux_timespec times[2] = {both_now[0], both_now[1]};
	if (u_times) {
		int64_t result = copy_from_guest(task, in, u_times, sizeof(in));
		if (result != 0)
			return result;
		times[0] = (struct linux_timespec){in[0], 0};
		times[1] = (struct linux_timespec){in[1], 0};
	}
	return utimens(task, AT_FDCWD, u_path, times, 0);
}

/* --- size --- */

static int64_t set_size(struct task *task, const struct path *path, int64_t size, uint32_t how)
{
	struct attributes a = {.mask = ATTR_SIZE | how, .size = (uint64_t)size};
	if ((uint64_t)size > task_rlimit(task, RLIMIT_FSIZE)) {
		signal_send_task(task, SIGXFSZ);
		return -EFBIG;
	}
	attributes_drop_set_ids(task, path->dentry->inode, &a);
	return set_attributes(path, &a);
}

SYSCALL2(truncate, uint64_t, u_path, int64_t, size)
{
	struct path path;
	if (size < 0)
		return -EINVAL;
	int64_t result = path_from_guest(task, AT_FDCWD, u_path, LOOKUP_FOLLOW, &path);
	if (result != 0)
		return result;
	uint32_t mode = path.dentry->inode->mode;
	result = S_ISDIR(mode) ? -EISDIR : S_ISREG(mode) ? 0 : -EINVAL;
	if (result == 0)
		result = path_may_write(&path);
	if (result == 0)
		result = inode_permission(task, path.dentry->inode, MAY_WRITE);
	if (result == 0)
		result = set_size(task, &path, size, 0);
	path_put(&path);
	return result;
}

SYSCALL2(ftruncate, int32_t, fd, int64_t, size)
{
	if (size < 0)
		return -EINVAL;
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = -EINVAL;
	if (file->flags & O_PATH)
		result = -EBADF;
	else if (S_ISREG(file->inode->mode) && file_is_writable(file))
		result = set_size(task, &file->path, size, 0);
	file_put(file);
	return result;
}

/* Room for content: only the plain form, which makes the file larger. */
SYSCALL4(fallocate, int32_t, fd, uint32_t, mode, int64_t, offset, int64_t, bytes)
{
	int64_t end, result = -EBADF;
	if (offset < 0 || bytes <= 0)
		return -EINVAL;
	if (__builtin_add_overflow(offset, bytes, &end))
		return -EFBIG;
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	if (file_is_writable(file))
		result = mode != 0 ? -EOPNOTSUPP : S_ISREG(file->inode->mode) ? 0 : -ENODEV;
	if (result == 0)
		result = inode_refresh(file->inode);
	if (result == 0)
		result = set_size(task, &file->path, end, ATTR_GROW);
	file_put(file);
	return result;
}
