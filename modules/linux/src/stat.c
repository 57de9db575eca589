/*
 * stat, lstat, fstat, newfstatat, statx.
 */
#include "files.h"
#include "guest.h"
#include "path_arg.h"
#include "syscall.h"
#include "time.h"

/* The clock's ns as two numbers, in the shape that both calls have. */
#define SECONDS(ns) ((ns) / NS_PER_SECOND)
#define NANOSECONDS(ns) ((ns) % NS_PER_SECOND)

static uint64_t sectors(const struct inode *inode)
{
	return (inode->allocated + 511) / 512;
}

static int64_t put_stat(struct task *task, struct path *path, uint64_t u_stat)
{
	struct inode *inode = path->dentry->inode;
	int64_t result = inode_refresh(inode);
	if (result != 0)
		return result;
	mutex_lock(&inode->lock);
	struct linux_stat out = {
		.dev = inode->super->device,
		.ino = inode->number,
		.nlink = inode->links,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.rdev = inode->rdev,
		.size = inode->size,
		.blksize = 4096,
		.blocks = sectors(inode),
		.atime = SECONDS(inode->atime),
		.atime_ns = NANOSECONDS(inode->atime),
		.mtime = SECONDS(inode->mtime),
		.mtime_ns = NANOSECONDS(inode->mtime),
		.ctime = SECONDS(inode->ctime),
		.ctime_ns = NANOSECONDS(inode->ctime),
	};
	mutex_unlock(&inode->lock);
	return copy_to_guest(task, u_stat, &out, sizeof(out));
}

static int64_t stat_at(struct task *task, int32_t dir_fd, uint64_t u_path, uint64_t u_stat,
                       uint32_t lookup)
{
	struct path path;
	int64_t result = path_from_guest(task, dir_fd, u_path, lookup, &path);
	if (result != 0)
		return result;
	result = put_stat(task, &path, u_stat);
	path_put(&path);
	return result;
}

SYSCALL2(stat, uint64_t, u_path, uint64_t, u_stat)
{
	return stat_at(task, AT_FDCWD, u_path, u_stat, LOOKUP_FOLLOW);
}

SYSCALL2(lstat, uint64_t, u_path, uint64_t, u_stat)
{
	return stat_at(task, AT_FDCWD, u_path, u_stat, 0);
}

SYSCALL2(fstat, int32_t, fd, uint64_t, u_stat)
{
	struct fd f = fd_get(task, fd);
	if (!f.file)
		return -EBADF;
	int64_t result = put_stat(task, &f.file->path, u_stat);
	fd_put(f);
	return result;
}

static uint32_t lookup_flags(uint32_t flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

SYSCALL4(newfstatat, int32_t, dir_fd, uint64_t, u_path, uint64_t, u_stat, uint32_t, flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	return stat_at(task, dir_fd, u_path, u_stat, lookup_flags(flags));
}

static struct statx_time statx_time(uint64_t ns)
{
	return (struct statx_time){.sec = (int64_t)SECONDS(ns), .ns = (uint32_t)NANOSECONDS(ns)};
}

static int64_t put_statx(struct task *task, struct path *path, uint64_t u_statx)
{
	struct inode *inode = path->dentry->inode;
	int64_t result = inode_refresh(inode);
	if (result != 0)
		return result;
	mutex_lock(&inode->lock);
	struct linux_statx out = {
		.mask = STATX_BASIC_STATS | STATX_MNT_ID,
		.blksize = 4096,
		.nlink = inode->links,
		.uid = inode->uid,
		.gid = inode->gid,
		.mode = (uint16_t)inode->mode,
		.ino = inode->number,
		.size = inode->size,
		.blocks = sectors(inode),
		.atime = statx_time(inode->atime),
		.ctime = statx_time(inode->ctime),
		.mtime = statx_time(inode->mtime),
		.rdev_major = dev_major(inode->rdev),
		.rdev_minor = dev_minor(inode->rdev),
		.dev_major = dev_major(inode->super->device),
		.dev_minor = dev_minor(inode->super->device),
		.mnt_id = path->mount ? (uint32_t)path->mount->id : 0,
	};
	mutex_unlock(&inode->lock);
	return copy_to_guest(task, u_statx, &out, sizeof(out));
}

SYSCALL5(statx, int32_t, dir_fd, uint64_t, u_path, uint32_t, flags, uint32_t, mask, uint64_t,
         u_statx)
{
	struct path path;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || mask & STATX_RESERVED)
		return -EINVAL;
	int64_t result = path_from_guest(task, dir_fd, u_path, lookup_flags(flags), &path);
	if (result != 0)
		return result;
	result = put_statx(task, &path, u_statx);
	path_put(&path);
	return result;
}
