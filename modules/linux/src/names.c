/*
 * Calls that make, remove and move names: mkdir, mknod, symlink, link, unlink, rmdir, rename, and readlink.
 */
#include "file.h"
#include "names.h"
#include "path_arg.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

/* Walks to a name that must not exist yet: 0, or -EEXIST... */
static int64_t walk_to_new(struct walk *walk, struct task *task, int32_t dir_fd, uint64_t u_path,
                           char name[PATH_MAX])
{
	int64_t result = walk_from_guest(walk, task, dir_fd, u_path, name);
	if (result != 0)
		return result;
	result = walk_last(walk, WALK_LINK);
	if (result == 0 || result == -ENOTDIR)
		return walk->found.dentry ? -EEXIST : result;
	return result == -ENOENT && !walk->found.dentry && *walk->rest == 0 ? 0 : result;
}

static int64_t make(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t mode,
                    uint64_t rdev, const char *target)
{
	char name[PATH_MAX];
	struct walk walk;
	int64_t result = walk_to_new(&walk, task, dir_fd, u_path, name);
	if (result == 0)
		result = make_in_walk(&walk, mode, rdev, target, NULL);
	walk_end(&walk);
	return result;
}

static int64_t make_directory(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t mode)
{
	return make(task, dir_fd, u_path, S_IFDIR | (mode & (S_IRWXUGO | S_ISVTX)), 0, NULL);
}

SYSCALL2(mkdir, uint64_t, u_path, uint32_t, mode)
{
	return make_directory(task, AT_FDCWD, u_path, mode);
}

SYSCALL3(mkdirat, int32_t, dir_fd, uint64_t, u_path, uint32_t, mode)
{
	return make_directory(task, dir_fd, u_path, mode);
}

static int64_t make_node(struct task *task, int32_t dir_fd, uint64_t u_path, uint32_t mode,
                         uint64_t rdev)
{
	uint32_t type = mode & S_IFMT;
	if (type == 0)
		mode |= type = S_IFREG;
	if (type == S_IFDIR)
		return -EPERM;
	if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK && type != S_IFCHR &&
	    type != S_IFBLK)
		return -EINVAL;
	if ((type == S_IFCHR || type == S_IFBLK) && !capable(task, CAP_MKNOD))
		return -EPERM;
	return make(task, dir_fd, u_path, mode & (S_IFMT | S_IALLUGO), rdev, NULL);
}

SYSCALL3(mknod, uint64_t, u_path, uint32_t, mode, uint64_t, rdev)
{
	return make_node(task, AT_FDCWD, u_path, mode, rdev);
}

SYSCALL4(mknodat, int32_t, dir_fd, uint64_t, u_path, uint32_t, mode, uint64_t, rdev)
{
	return make_node(task, dir_fd, u_path, mode, rdev);
}

static int64_t make_symlink(struct task *task, uint64_t u_target, int32_t dir_fd, uint64_t u_path)
{
	char target[PATH_MAX];
	int64_t result = copy_path_arg(task, u_target, false, target);
	return result == 0 ? make(task, dir_fd, u_path, S_IFLNK | 0777, 0, target) : result;
}

SYSCALL2(symlink, uint64_t, u_target, uint64_t, u_path)
{
	return make_symlink(task, u_target, AT_FDCWD, u_path);
}

SYSCALL3(symlinkat, uint64_t, u_target, int32_t, dir_fd, uint64_t, u_path)
{
	return make_symlink(task, u_target, dir_fd, u_path);
}

/* --- hard links --- */

static int64_t link_into(struct walk *walk, const struct path *from)
{
	struct dentry *dir = walk->path.dentry;
	int64_t result = walk_may_create(walk, false);
	if (result != 0)
		return result;
	if (from->mount != walk->path.mount || from->dentry->inode->super != dir->inode->super)
		return -EXDEV;
	if (S_ISDIR(from->dentry->inode->mode) || !dir->inode->ops->link)
		return -EPERM;
	return dir->inode->ops->link(from->dentry, dir, walk->name);
}

static int64_t make_link(struct task *task, int32_t from_fd, uint64_t u_from, int32_t dir_fd,
                         uint64_t u_path, uint32_t flags)
{
	char name[PATH_MAX];
	struct walk walk;
	struct path from;
	uint32_t lookup = (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
	                  (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH && !capable(task, CAP_DAC_READ_SEARCH))
		return -ENOENT; /* a descriptor gives no right to the name that its file has not */
	int64_t result = path_from_guest(task, from_fd, u_from, lookup, &from);
	if (result != 0)
		return result;
	result = walk_to_new(&walk, task, dir_fd, u_path, name);
	if (result == 0)
		result = link_into(&walk, &from);
	walk_end(&walk);
	path_put(&from);
	return result;
}

SYSCALL2(link, uint64_t, u_from, uint64_t, u_path)
{
	return make_link(task, AT_FDCWD, u_from, AT_FDCWD, u_path, 0);
}

SYSCALL5(linkat, int32_t, from_fd, uint64_t, u_from, int32_t, dir_fd, uint64_t, u_path, uint32_t,
         flags)
{
	return make_link(task, from_fd, u_from, dir_fd, u_path, flags);
}

/* --- removing --- */

/* Whether victim, found in a directory the task may write, may be taken out of it (the sticky bit). */
static int64_t may_take(struct task *task, const struct path *victim)
{
	struct dentry *dir = dentry_parent(victim->dentry);
	struct inode *inode = dir->inode;
	int64_t result = path_may_write(victim);
	if (result == 0)
		result = inode_permission(task, inode, MAY_WRITE | MAY_EXEC);
	if (result == 0 && inode->mode & S_ISVTX && inode->uid != task->cred.fsuid &&
	    !inode_is_owner(task, victim->dentry->inode))
		result = -EPERM;
	dentry_put(dir);
	return result;
}

static int64_t check_last(const struct walk *walk, bool is_directory)
{
	if (walk->kind == LAST_NAME)
		return 0;
	if (!is_directory)
		return -EISDIR;
	if (walk->kind == LAST_DOT)
		return -EINVAL;
	return walk->kind == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

static int64_t remove_found(struct task *task, const struct path *found, bool is_directory)
{
	struct inode *inode = found->dentry->inode;
	int64_t result = may_take(task, found);
	if (result != 0)
		return result;
	if (is_directory && !S_ISDIR(inode->mode))
		return -ENOTDIR;
	if (!is_directory && S_ISDIR(inode->mode))
		return -EISDIR;
	if (found->dentry == found->mount->root || found->dentry->mounts)
		return -EBUSY;
	return inode->ops->unlink ? inode->ops->unlink(found->dentry, is_directory) : -EPERM;
}

static int64_t remove_by_walk(struct task *task, int32_t dir_fd, const char *name,
                              bool is_directory)
{
	struct walk walk;
	int64_t result = walk_begin(&walk, task, dir_fd, name);
	if (result == 0)
		result = check_last(&walk, is_directory);
	if (result == 0)
		result = walk_last(&walk, WALK_EXACT);
	if (result == 0 && walk.has_slash && !is_directory)
		result = -EISDIR;
	if (result == 0)
		result = remove_found(task, &walk.found, is_directory);
	walk_end(&walk);
	return result;
}

static int64_t remove_name(struct task *task, int32_t dir_fd, uint64_t u_path, bool is_directory)
{
	char name[PATH_MAX];
	struct path found;
	int64_t result = copy_path_arg(task, u_path, false, name);
	if (result != 0)
		return result;
	switch (path_lookup_cached(task, dir_fd, name, 0, &found)) {
	case DCACHE_ABSENT: return -ENOENT;
	case DCACHE_UNSURE: return remove_by_walk(task, dir_fd, name, is_directory);
	default: break;
	}
	result = remove_found(task, &found, is_directory);
	path_put(&found);
	return result;
}

SYSCALL1(unlink, uint64_t, u_path)
{
	return remove_name(task, AT_FDCWD, u_path, false);
}

SYSCALL1(rmdir, uint64_t, u_path)
{
	return remove_name(task, AT_FDCWD, u_path, true);
}

SYSCALL3(unlinkat, int32_t, dir_fd, uint64_t, u_path, uint32_t, flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return remove_name(task, dir_fd, u_path, flags & AT_REMOVEDIR);
}

/* --- rename --- */

static int64_t check_replaced(struct task *task, const struct path *from, const struct path *to,
                              uint32_t flags)
{
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	int64_t result = may_take(task, to);
	if (result != 0)
		return result;
	bool is_from_dir = S_ISDIR(from->dentry->inode->mode);
	bool is_to_dir = S_ISDIR(to->dentry->inode->mode);
	if (to->dentry->mounts || to->dentry == to->mount->root)
		return -EBUSY;
	if (flags & RENAME_EXCHANGE || is_from_dir == is_to_dir)
		return 0;
	return is_from_dir ? -ENOTDIR : -EISDIR;
}

static int64_t rename_found(struct walk *from, struct walk *to, bool has_target, uint32_t flags)
{
	struct inode *inode = from->found.dentry->inode;
	struct dentry *existing = has_target ? to->found.dentry : NULL;
	bool is_directory = S_ISDIR(inode->mode);
	int64_t result = may_take(from->task, &from->found);
	if (result != 0)
		return result;
	if (from->found.mount != to->path.mount)
		return -EXDEV;
	if (from->found.dentry == from->found.mount->root || from->found.dentry->mounts)
		return -EBUSY;
	if (!is_directory && (from->has_slash || (to->has_slash && !has_target)))
		return -ENOTDIR;
	if (dcache_is_below(to->path.dentry, from->found.dentry))
		return -EINVAL;
	if (is_directory && from->path.dentry != to->path.dentry) { /* its ".." changes */
		result = inode_permission(from->task, inode, MAY_WRITE);
		if (result != 0)
			return result;
	}
	result = has_target ? check_replaced(from->task, &from->found, &to->found, flags)
	                    : walk_may_create(to, is_directory);
	if (result != 0)
		return result;
	if (!has_target && flags & RENAME_EXCHANGE)
		return -ENOENT;
	if (has_target && existing->inode == inode && !(flags & RENAME_EXCHANGE))
		return 0;
	if (!inode->ops->rename)
		return -EPERM;
	return inode->ops->rename(from->found.dentry, to->path.dentry, to->name, existing, flags);
}

static int64_t rename_walked(struct walk *from, struct walk *to, uint32_t flags)
{
	if (from->kind != LAST_NAME || to->kind != LAST_NAME)
		return flags & RENAME_NOREPLACE && to->kind != LAST_NAME ? -EEXIST : -EBUSY;
	int64_t result = walk_last(from, WALK_EXACT);
	if (result != 0)
		return result;
	result = walk_last(to, WALK_EXACT);
	if (result != 0 && result != -ENOENT)
		return result;
	/* A name that only a union shows is not replaced but hidden: the new one goes before it. */
	bool has_target = result == 0 && to->found.mount == to->path.mount;
	if (result == 0 && !has_target && flags & (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return flags & RENAME_NOREPLACE ? -EEXIST : -EXDEV;
	return rename_found(from, to, has_target, flags);
}

static int64_t rename_names(struct task *task, int32_t from_fd, uint64_t u_from, int32_t to_fd,
                            uint64_t u_to, uint32_t flags)
{
	char from_name[PATH_MAX], to_name[PATH_MAX];
	struct walk from, to = {0};
	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	int64_t result = walk_from_guest(&from, task, from_fd, u_from, from_name);
	if (result == 0)
		result = walk_from_guest(&to, task, to_fd, u_to, to_name);
	if (result == 0)
		result = rename_walked(&from, &to, flags);
	walk_end(&to);
	walk_end(&from);
	return result;
}

SYSCALL2(rename, uint64_t, u_from, uint64_t, u_to)
{
	return rename_names(task, AT_FDCWD, u_from, AT_FDCWD, u_to, 0);
}

SYSCALL4(renameat, int32_t, from_fd, uint64_t, u_from, int32_t, to_fd, uint64_t, u_to)
{
	return rename_names(task, from_fd, u_from, to_fd, u_to, 0);
}

SYSCALL5(renameat2, int32_t, from_fd, uint64_t, u_from, int32_t, to_fd, uint64_t, u_to, uint32_t,
         flags)
{
	return rename_names(task, from_fd, u_from, to_fd, u_to, flags);
}

/* --- readlink --- */

static int64_t read_link(struct task *task, int32_t dir_fd, uint64_t u_path, uint64_t u_buffer,
                         int32_t size)
{
	char target[PATH_MAX];
	struct path path;
	if (size <= 0)
		return -EINVAL;
	int64_t result = path_from_guest(task, dir_fd, u_path, LOOKUP_EMPTY, &path);
	if (result != 0)
		return result;
	const struct inode *inode = path.dentry->inode;
	if (!S_ISLNK(inode->mode) || !inode->ops->readlink)
		result = -EINVAL;
	else
		result = inode->ops->readlink(task, path.dentry, target, sizeof(target));
	path_put(&path);
	if (result < 0)
		return result;
	size_t len = MIN((size_t)result, (size_t)size);
	result = copy_to_guest(task, u_buffer, target, len);
	return result == 0 ? (int64_t)len : result;
}

SYSCALL3(readlink, uint64_t, u_path, uint64_t, u_buffer, int32_t, size)
{
	return read_link(task, AT_FDCWD, u_path, u_buffer, size);
}

SYSCALL4(readlinkat, int32_t, dir_fd, uint64_t, u_path, uint64_t, u_buffer, int32_t, size)
{
	return read_link(task, dir_fd, u_path, u_buffer, size);
}
