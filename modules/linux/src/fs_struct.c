/*
 * A task's place in the file tree: mounts, root, working directory and file creation mask; shared by CLONE_FS.
 * chdir, fchdir, chroot, getcwd and umask.
 *
 * Locks: [s] fs->lock  [a] atomic
 */
#include "file.h"
#include "guest.h"
#include "path_arg.h"
#include "syscall.h"
#include "vfs.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

struct fs {
	uint32_t references;               /* [a] */
	struct mutex lock;                 /* RANK_FS */
	uint32_t umask;                    /* [s] */
	struct path root, cwd;             /* [s] references */
	struct mount_namespace *namespace; /* [I] once others see it; a reference */
};

struct fs *fs_create(void)
{
	struct fs *fs = heap_zalloc(sizeof(*fs));
	if (!fs)
		return NULL;
	fs->references = 1;
	fs->umask = 022;
	mutex_init(&fs->lock, RANK_FS);
	fs->root = container_root();
	fs->cwd = container_root();
	fs->namespace = container_namespace();
	return fs;
}

struct fs *fs_copy(struct fs *from)
{
	struct fs *fs = heap_zalloc(sizeof(*fs));
	if (!fs)
		return NULL;
	fs->references = 1;
	mutex_init(&fs->lock, RANK_FS);
	mutex_lock(&from->lock);
	fs->umask = from->umask;
	fs->root = from->root;
	fs->cwd = from->cwd;
	path_get(&fs->root);
	path_get(&fs->cwd);
	mutex_unlock(&from->lock);
	fs->namespace = from->namespace;
	namespace_get(fs->namespace);
	return fs;
}

int64_t fs_copy_mounts(struct fs *fs, bool is_own)
{
	struct path *const paths[] = {&fs->root, &fs->cwd};
	struct mount_namespace *own;
	int64_t error = namespace_copy(fs->namespace, paths, ARRAY_SIZE(paths), &own);
	if (error)
		return error;
	if (is_own)
		namespace_make_own(own);
	namespace_put(fs->namespace);
	fs->namespace = own;
	return 0;
}

int64_t fs_unshare(struct task *task, enum fs_mounts mounts)
{
	struct fs *old = task->fs, *own = fs_copy(old);
	if (!own)
		return -ENOMEM;
	int64_t error = mounts == FS_MOUNTS_SHARED ? 0
	                                           : fs_copy_mounts(own, mounts == FS_MOUNTS_OWN);
	if (error) {
		fs_put(own);
		return error;
	}
	mutex_lock(&task->process->lock);
	task->fs = own;
	mutex_unlock(&task->process->lock);
	fs_put(old);
	return 0;
}

const struct mount_namespace *fs_namespace(const struct fs *fs)
{
	return fs->namespace;
}

void fs_get(struct fs *fs)
{
	__atomic_fetch_add(&fs->references, 1, __ATOMIC_RELAXED);
}

void fs_put(struct fs *fs)
{
	if (!fs || __atomic_sub_fetch(&fs->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	namespace_put(fs->namespace);
	heap_free(fs);
}

static void copy_path(struct fs *fs, const struct path *from, struct path *out)
{
	mutex_lock(&fs->lock);
	*out = *from;
	path_get(out);
	mutex_unlock(&fs->lock);
}

void fs_root(struct task *task, struct path *out_path)
{
	copy_path(task->fs, &task->fs->root, out_path);
}

void fs_cwd(struct task *task, struct path *out_path)
{
	copy_path(task->fs, &task->fs->cwd, out_path);
}

void fs_paths(struct fs *fs, struct path *out_root, struct path *out_cwd)
{
	copy_path(fs, &fs->root, out_root);
	copy_path(fs, &fs->cwd, out_cwd);
}

/* The lock holds the starting point, so that no reference need be taken; nor the lock while nobody shares it. */
enum dcache_answer fs_lookup(struct task *task, const char *name, bool is_followed,
                             struct path *out_path)
{
	struct fs *fs = task->fs;
	bool is_shared = __atomic_load_n(&fs->references, __ATOMIC_ACQUIRE) > 1;
	if (is_shared)
		mutex_lock(&fs->lock);
	const struct path *start = *name == '/' ? &fs->root : &fs->cwd;
	while (*name == '/')
		name++;
	enum dcache_answer answer = dcache_lookup(task, start, name, is_followed, out_path);
	if (is_shared)
		mutex_unlock(&fs->lock);
	return answer;
}

uint32_t fs_umask(struct task *task)
{
	return task->fs->umask;
}

/* *at becomes path, whose references it takes. */
static void set_path(struct fs *fs, struct path *at, struct path path)
{
	mutex_lock(&fs->lock);
	struct path old = *at;
	*at = path;
	mutex_unlock(&fs->lock);
	path_put(&old);
}

static int64_t chdir_to(struct task *task, struct path path)
{
	struct inode *inode = path.dentry->inode;
	int64_t result = S_ISDIR(inode->mode) ? inode_permission(task, inode, MAY_EXEC) : -ENOTDIR;
	if (result == 0)
		set_path(task->fs, &task->fs->cwd, path);
	else
		path_put(&path);
	return result;
}

int64_t fs_chdir(struct task *task, const char *name)
{
	struct path path;
	int64_t result = path_lookup(task, AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	return result == 0 ? chdir_to(task, path) : result;
}

SYSCALL1(chdir, uint64_t, u_path)
{
	struct path path;
	int64_t result = path_from_guest(task, AT_FDCWD, u_path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
	                                 &path);
	return result == 0 ? chdir_to(task, path) : result;
}

SYSCALL1(fchdir, int32_t, fd)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	path_get(&file->path);
	int64_t result = chdir_to(task, file->path);
	file_put(file);
	return result;
}

SYSCALL1(chroot, uint64_t, u_path)
{
	struct path path;
	int64_t result = path_from_guest(task, AT_FDCWD, u_path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
	                                 &path);
	if (result != 0)
		return result;
	result = inode_permission(task, path.dentry->inode, MAY_EXEC);
	if (result == 0 && !capable(task, CAP_SYS_CHROOT))
		result = -EPERM;
	if (result == 0)
		set_path(task->fs, &task->fs->root, path);
	else
		path_put(&path);
	return result;
}

/* A directory that is not below the root shows as such. */
static int64_t print_cwd(const struct path *root, const struct path *path, char text[PATH_MAX])
{
	static const char prefix[] = "(unreachable)";
	const size_t extra = sizeof(prefix) - 1;
	bool is_reached;
	if (path_is_deleted(path))
		return -ENOENT;
	int64_t len = path_print_from(root, path, text, PATH_MAX - extra, &is_reached);
	if (len < 0 || is_reached)
		return len;
	memmove(text + extra, text, (size_t)len + 1);
	memcpy(text, prefix, extra);
	return len + (int64_t)extra;
}

SYSCALL2(getcwd, uint64_t, u_buffer, uint64_t, size)
{
	char text[PATH_MAX];
	struct path root, cwd;
	fs_paths(task->fs, &root, &cwd);
	int64_t len = print_cwd(&root, &cwd, text);
	path_put(&root);
	path_put(&cwd);
	if (len < 0)
		return len;
	if ((uint64_t)len + 1 > size)
		return -ERANGE;
	int64_t result = copy_to_guest(task, u_buffer, text, (size_t)len + 1);
	return result == 0 ? len + 1 : result;
}

SYSCALL1(umask, uint32_t, mask)
{
	mutex_lock(&task->fs->lock);
	uint32_t old = task->fs->umask;
	task->fs->umask = mask & S_IRWXUGO;
	mutex_unlock(&task->fs->lock);
	return old;
}
