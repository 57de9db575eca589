/*
 * stat, lstat, fstat, newfstatat, statx.
 */
#include "file.h"
#include "guest.h"
#include "path_arg.h"
#include "syscall.h"
#include "time.h"

struct attributes_seen {
	struct inode *inode;
	uint64_t device, number, rdev, size, blocks, atime, mtime, ctime;
	uint32_t mode, links, uid, gid, mount_id;
};

static int64_t look(struct path *path, struct attributes_seen *out)
{
	struct inode *inode = path->dentry->inode;
	int64_t result = inode_refresh(inode);
	if (result != 0)
		return result;
	mutex_lock(&inode->lock);
	*out = (struct attributes_seen){
		.device = inode->super->device,
		.number = inode->number,
		.rdev = inode->rdev,
		.size = inode->size,
		.blocks = (inode->allocated + 511) / 512,
		.atime = inode->atime,
		.mtime = inode->mtime,
		.ctime = inode->ctime,
		.mode = inode->mode,
		.links = inode->links,
		.uid = inode->uid,
		.gid = inode->gid,
		.mount_id = path->mount ? (uint32_t)path->mount->id : 0,
	};
	mutex_unlock(&inode->lock);
	return 0;
}

static int64_t put_stat(struct task *task, struct path *path, uint64_t u_stat)
{
	struct attributes_seen a;
	int64_t result = look(path, &a);
	if (result != 0)
		return result;
	struct linux_stat out = {
		.dev = a.device,
		.ino = a.number,
		.nlink = a.links,
		.mode = a.mode,
		.uid = a.uid,
		.gid = a.gid,
		.rdev = a.rdev,
		.size = a.size,
		.blksize = 4096,
		.blocks = a.blocks,
		.atime = a.atime / NS_PER_SECOND,
		.atime_ns = a.atime % NS_PER_SECOND,
		.mtime = a.mtime / NS_PER_SECOND,
		.mtime_ns = a.mtime % NS_PER_SECOND,
		.ctime = a.ctime / NS_PER_SECOND,
		.ctime_ns = a.ctime % NS_PER_SECOND,
	};
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
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	int64_t result = put_stat(task, &file->path, u_stat);
	file_put(file);
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
	return (struct statx_time){.sec = (int64_t)(ns / NS_PER_SECOND),
	                           .ns = (uint32_t)(ns % NS_PER_SECOND)};
}

static int64_t put_statx(struct task *task, struct path *path, uint64_t u_statx)
{
	struct attributes_seen a;
	int64_t result = look(path, &a);
	if (result != 0)
		return result;
	struct linux_statx out = {
		.mask = STATX_BASIC_STATS | STATX_MNT_ID,
		.blksize = 4096,
		.nlink = a.links,
		.uid = a.uid,
		.gid = a.gid,
		.mode = (uint16_t)a.mode,
		.ino = a.number,
		.size = a.size,
		.blocks = a.blocks,
		.atime = statx_time(a.atime),
		.ctime = statx_time(a.ctime),
		.mtime = statx_time(a.mtime),
		.rdev_major = dev_major(a.rdev),
		.rdev_minor = dev_minor(a.rdev),
		.dev_major = dev_major(a.device),
		.dev_minor = dev_minor(a.device),
		.mnt_id = a.mount_id,
	};
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
