/*
 * open, openat, creat; access; what exec opens. Truncation and the chmod family are in attr.c.
 *
 * open looks the last component up, makes it when asked to and absent, and checks what Linux checks in
 * Linux's order, so that programs get the errors they know.
 */
#include "file.h"
#include "names.h"
#include "path_arg.h"
#include "syscall.h"
#include <base/string.h>

static uint32_t wanted_access(uint32_t flags)
{
	static const uint32_t bits[4] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
	                                 MAY_READ | MAY_WRITE};
	return bits[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

static int64_t check_kind(uint32_t mode, uint32_t flags)
{
	if (S_ISLNK(mode))
		return flags & O_PATH ? 0 : -ELOOP;
	if (S_ISDIR(mode))
		return flags & O_CREAT || wanted_access(flags) & MAY_WRITE ? -EISDIR : 0;
	return flags & O_DIRECTORY ? -ENOTDIR : 0;
}

static int64_t may_open(struct task *task, const struct path *path, uint32_t flags)
{
	struct inode *inode = path->dentry->inode;
	int64_t result = check_kind(inode->mode, flags);
	if (result != 0 || flags & O_PATH)
		return result;
	uint32_t access = wanted_access(flags);
	if (access & MAY_WRITE && (S_ISREG(inode->mode) || S_ISDIR(inode->mode)))
		result = path_may_write(path);
	if (result == 0)
		result = inode_permission(task, inode, access);
	if (result == 0 && flags & O_NOATIME && !inode_is_owner(task, inode))
		result = -EPERM;
	return result;
}

static int64_t truncate_opened(struct task *task, struct inode *inode)
{
	struct attributes cut = {.mask = ATTR_SIZE, .size = 0};
	if (!S_ISREG(inode->mode))
		return 0;
	attributes_drop_set_ids(task, inode, &cut);
	return inode->ops->set ? inode->ops->set(inode, &cut) : -EROFS;
}

static int64_t open_found(struct task *task, const struct path *path, uint32_t flags, bool is_new,
                          struct file **out)
{
	int64_t result = is_new ? 0 : may_open(task, path, flags);
	if (result == 0)
		result = file_open_path(task, path, flags, out);
	if (result == 0 && flags & O_TRUNC && !is_new && !(flags & O_PATH)) {
		result = truncate_opened(task, path->dentry->inode);
		if (result != 0)
			file_put(*out);
	}
	return result;
}

/* Group and mode that a new name in dir gets. */
static struct new_inode new_for(struct task *task, const struct inode *dir, uint32_t mode)
{
	struct new_inode new = {.mode = mode & ~(S_ISLNK(mode) ? 0 : fs_umask(task)),
	                        .uid = task->cred.fsuid,
	                        .gid = task->cred.fsgid};
	if (dir->mode & S_ISGID) {
		new.gid = dir->gid;
		if (S_ISDIR(mode))
			new.mode |= S_ISGID;
	}
	return new;
}

int64_t make_in_walk(struct walk *walk, uint32_t mode, uint64_t rdev, const char *target,
                     struct dentry **out)
{
	struct dentry *dir = walk->path.dentry, *dentry;
	struct new_inode new = new_for(walk->task, dir->inode, mode);
	new.rdev = rdev;
	new.target = target;
	int64_t result = walk_may_create(walk, S_ISDIR(mode));
	if (result == 0)
		result = dir->inode->ops->create(dir, walk->name, &new, &dentry);
	if (result != 0)
		return result;
	if (out)
		*out = dentry;
	else
		dentry_put(dentry);
	return 0;
}

/* The file does not exist: make it. -EEXIST when somebody was faster. */
static int64_t create_and_open(struct walk *walk, uint32_t flags, uint32_t mode, struct file **out)
{
	struct path path = {walk->path.mount, NULL};
	if (walk->has_slash)
		return -EISDIR;
	int64_t result = make_in_walk(walk, S_IFREG | (mode & S_IALLUGO), 0, NULL, &path.dentry);
	if (result != 0)
		return result;
	result = open_found(walk->task, &path, flags, true, out);
	dentry_put(path.dentry);
	return result;
}

static int64_t open_walk(struct walk *walk, uint32_t flags, uint32_t mode, struct file **out)
{
	bool is_exclusive = flags & O_EXCL;
	bool is_followed = !(flags & O_NOFOLLOW) && !is_exclusive;
	for (unsigned tries = 0; tries < 16; tries++) {
		int64_t result = walk_last(walk, is_followed ? WALK_FOLLOW : WALK_LINK);
		if (result == 0)
			return is_exclusive
			               ? -EEXIST
			               : open_found(walk->task, &walk->found, flags, false, out);
		if (result != -ENOENT || *walk->rest)
			return result;
		result = create_and_open(walk, flags, mode, out);
		if (result != -EEXIST || is_exclusive)
			return result;
	}
	return -ESTALE;
}

/* What is only looked up. */
static int64_t open_existing(struct task *task, int32_t dir_fd, const char *name, uint32_t flags,
                             struct file **out)
{
	struct path path;
	int64_t result = path_lookup(task, dir_fd, name, flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
	                             &path);
	if (result != 0)
		return result;
	result = open_found(task, &path, flags, false, out);
	path_put(&path);
	return result;
}

static int64_t open_name(struct task *task, int32_t dir_fd, const char *name, uint32_t flags,
                         uint32_t mode, struct file **out)
{
	struct walk walk;
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (flags & O_TMPFILE_BIT)
		return -EOPNOTSUPP;
	if (!(flags & O_CREAT))
		return open_existing(task, dir_fd, name, flags, out);
	int64_t result = walk_begin(&walk, task, dir_fd, name);
	if (result == 0)
		result = open_walk(&walk, flags, mode, out);
	walk_end(&walk);
	return result;
}

static int64_t open_guest(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t flags,
                          uint32_t mode)
{
	char name[PATH_MAX];
	struct file *file;
	int64_t result = copy_path_arg(task, u_path, false, name);
	if (result == 0)
		result = open_name(task, dir_fd, name, flags, mode, &file);
	return result == 0 ? files_add_new(task, file, flags & O_CLOEXEC) : result;
}

SYSCALL3(open, uint64_t, u_path, uint32_t, flags, uint32_t, mode)
{
	return open_guest(task, AT_FDCWD, u_path, flags, mode);
}

SYSCALL4(openat, int32_t, dir_fd, uint64_t, u_path, uint32_t, flags, uint32_t, mode)
{
	return open_guest(task, dir_fd, u_path, flags, mode);
}

SYSCALL2(creat, uint64_t, u_path, uint32_t, mode)
{
	return open_guest(task, AT_FDCWD, u_path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* --- exec --- */

int64_t vfs_open_exec_at(struct task *task, int32_t dir_fd, const char *name, uint32_t flags,
                         struct file **out_file)
{
	struct path path;
	uint32_t lookup = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	                  (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	int64_t result = path_lookup(task, dir_fd, name, lookup, &path);
	if (result != 0)
		return result;
	struct inode *inode = path.dentry->inode;
	bool is_barred = path.mount && path.mount->flags & MS_NOEXEC;
	if (S_ISLNK(inode->mode))
		result = -ELOOP;
	else if (!S_ISREG(inode->mode) || is_barred)
		result = -EACCES;
	else
		result = inode_permission(task, inode, MAY_EXEC);
	if (result == 0)
		result = file_open_path(task, &path, O_RDONLY, out_file);
	path_put(&path);
	return result;
}

int64_t vfs_open_exec(struct task *task, const char *path, struct file **out_file)
{
	return vfs_open_exec_at(task, AT_FDCWD, path, 0, out_file);
}

int64_t file_path(struct file *file, char *buffer, size_t size)
{
	int64_t len = path_print(NULL, &file->path, buffer, size);
	if (len >= 0 && path_is_deleted(&file->path) && (size_t)len + 11 <= size) {
		memcpy(buffer + len, " (deleted)", 11);
		len += 10;
	}
	return len;
}

/* --- access --- */

static int64_t check_access(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t mask,
                            uint32_t flags)
{
	struct path path;
	uint32_t lookup = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	                  (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (mask & ~7u || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	int64_t result = path_from_guest(task, dir_fd, u_path, lookup, &path);
	if (result != 0)
		return result;
	struct inode *inode = path.dentry->inode;
	inode_refresh(inode);
	if (mask & MAY_WRITE &&
	    (S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode)))
		result = path_may_write(&path);
	if (result == 0 && mask & MAY_EXEC && S_ISREG(inode->mode) && path.mount &&
	    path.mount->flags & MS_NOEXEC)
		result = -EACCES;
	if (result == 0 && mask)
		result = flags & AT_EACCESS ? inode_permission(task, inode, mask)
		                            : inode_permission_real(task, inode, mask);
	path_put(&path);
	return result;
}

SYSCALL2(access, uint64_t, u_path, uint32_t, mask)
{
	return check_access(task, AT_FDCWD, u_path, mask, 0);
}

SYSCALL3(faccessat, int32_t, dir_fd, uint64_t, u_path, uint32_t, mask)
{
	return check_access(task, dir_fd, u_path, mask, 0);
}

SYSCALL4(faccessat2, int32_t, dir_fd, uint64_t, u_path, uint32_t, mask, uint32_t, flags)
{
	return check_access(task, dir_fd, u_path, mask, flags);
}
