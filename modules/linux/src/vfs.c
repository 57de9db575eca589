/*
 * The container's file tree, put together at start:
 *
 *   /        the store's root; below its names those of a skeleton in memory, so that mountpoints exist
 *   /bin     below the store's own names, the boot archive's (utilities and the shell); so also /sys/init
 *   /etc     likewise, what is generated from /cfg (etcfs.c)
 *   /obj     the object tree (objfs.c); what is bound in it also shows below /, /net, /srv and /sys
 *   /proc /dev /dev/pts /dev/shm /tmp /run /sys    as on Linux
 *
 * Without a store the skeleton is the root, in memory, and the log says so.
 */
#include "archivefs.h"
#include "console.h"
#include "device.h"
#include "etcfs.h"
#include "file.h"
#include "objfs.h"
#include "procfs.h"
#include "pty.h"
#include "storefs.h"
#include "syscall.h"
#include "tmpfs.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>

static const struct {
	const char *name;
	uint32_t mode;
} skeleton[] = {
	{"bin", 0755},  {"dev", 0755}, {"etc", 0755}, {"obj", 0755},  {"proc", 0555},
	{"root", 0700}, {"run", 0755}, {"sys", 0755}, {"tmp", 01777}, {"users", 0755},
};

static const struct {
	const char *name, *target;
} skeleton_links[] = {
	{"sbin", "bin"},
	{"home", "users"},
};

static int64_t make_skeleton(struct super **out_super, struct dentry **out_root)
{
	int64_t result = tmpfs_create("tmpfs", TMPFS_MAGIC, 0755, out_super, out_root);
	for (unsigned i = 0; result == 0 && i < ARRAY_SIZE(skeleton); i++)
		result = tmpfs_make(*out_root, skeleton[i].name, S_IFDIR | skeleton[i].mode, 0,
		                    NULL, NULL);
	for (unsigned i = 0; result == 0 && i < ARRAY_SIZE(skeleton_links); i++)
		result = tmpfs_make(*out_root, skeleton_links[i].name, S_IFLNK | 0777, 0,
		                    skeleton_links[i].target, NULL);
	return result;
}

static int64_t mount_root(void)
{
	struct super *super, *below;
	struct dentry *root, *below_root;
	int64_t result = make_skeleton(&below, &below_root);
	if (result != 0)
		return result;
	if (storefs_create(&super, &root) != 0) {
		log_warn(
			"no store: files of this container live in memory and are lost when it ends");
		return mount_attach(below, below_root, "none", NULL, 0, false, NULL);
	}
	result = mount_attach(super, root, "store", NULL, 0, false, NULL);
	struct path where = container_root();
	if (result == 0)
		result = mount_attach(below, below_root, "none", &where, 0, true, NULL);
	path_put(&where);
	return result;
}

/* Mounts a new file system; gives the references up. A missing place or file system is only logged. */
static void mount_part(const char *where, int64_t created, struct super *super, struct dentry *root,
                       bool is_union)
{
	struct path path;
	int64_t result = created;
	if (created == 0) {
		result = path_at_start(where, &path);
		if (result == 0) {
			result = mount_attach(super, root, super->type, &path, 0, is_union, NULL);
			path_put(&path);
		}
		dentry_put(root);
		super_put(super);
	}
	if (result != 0)
		log_warn("nothing mounted at %s: errno %d", where, (int)-result);
}

static void mount_tmpfs(const char *where, uint32_t mode)
{
	struct super *super = NULL;
	struct dentry *root = NULL;
	int64_t result = tmpfs_create("tmpfs", TMPFS_MAGIC, mode, &super, &root);
	mount_part(where, result, super, root, false);
}

typedef int64_t create_fn(struct super **out_super, struct dentry **out_root);

static void mount_one(const char *where, create_fn *create, bool is_union)
{
	struct super *super = NULL;
	struct dentry *root = NULL;
	int64_t result = create(&super, &root);
	mount_part(where, result, super, root, is_union);
}

static int64_t archive_bin(struct super **out_super, struct dentry **out_root)
{
	return archivefs_create("bin", out_super, out_root);
}

static int64_t archive_sys_init(struct super **out_super, struct dentry **out_root)
{
	return archivefs_create("sys/init", out_super, out_root);
}

/* Objects that are bound in the tree appear beside the store's files, as in the tree itself. */
static void unite_with_tree(const char *where)
{
	struct super *super = NULL;
	struct dentry *root = NULL;
	struct path path;
	if (path_at_start(where, &path) != 0)
		return;
	bool can_carry = path.dentry->inode->super->flags & (SUPER_RESIDENT | SUPER_CACHED);
	path_put(&path);
	if (can_carry && objfs_create_names(where, &super, &root) == 0)
		mount_part(where, 0, super, root, true);
}

int64_t vfs_start(void)
{
	int64_t result = console_start();
	if (result == 0)
		result = mount_root();
	if (result != 0)
		return result;
	mount_one("bin", archive_bin, true);
	mount_one("dev", devfs_create, false);
	mount_one("dev/pts", devpts_create, false);
	mount_tmpfs("dev/shm", 01777);
	mount_tmpfs("tmp", 01777);
	mount_tmpfs("run", 0755);
	mount_one("proc", procfs_create, false);
	mount_one("sys", sysfs_create, true);
	mount_one("sys/init", archive_sys_init, true);
	mount_one("etc", etcfs_create, true);
	mount_one("obj", objfs_create, false);
	unite_with_tree("");
	unite_with_tree("net");
	unite_with_tree("srv");
	unite_with_tree("sys");
	return 0;
}

static void sync_one(void *context, struct mount *mount)
{
	(void)context;
	if (mount->super->ops->sync)
		(void)mount->super->ops->sync(mount->super);
}

void vfs_sync_all(void)
{
	console_flush();
	mounts_for_each(NULL, sync_one, NULL);
}

/* --- file systems by name, for mount(2) --- */

static int64_t mount_proc(struct task *task, const char *options, struct super **out_super,
                          struct dentry **out_root)
{
	(void)task, (void)options;
	return procfs_create(out_super, out_root);
}

static int64_t mount_sys(struct task *task, const char *options, struct super **out_super,
                         struct dentry **out_root)
{
	(void)task, (void)options;
	return sysfs_create(out_super, out_root);
}

static int64_t mount_dev(struct task *task, const char *options, struct super **out_super,
                         struct dentry **out_root)
{
	(void)task, (void)options;
	return devfs_create(out_super, out_root);
}

static int64_t mount_devpts(struct task *task, const char *options, struct super **out_super,
                            struct dentry **out_root)
{
	(void)task, (void)options;
	return devpts_create(out_super, out_root);
}

static const struct fs_type fs_types[] = {
	{"sysfs", false, mount_sys},     {"tmpfs", false, tmpfs_mount},
	{"proc", false, mount_proc},     {"devtmpfs", false, mount_dev},
	{"devpts", false, mount_devpts}, {"ramfs", false, tmpfs_mount},
};

const struct fs_type *fs_type_at(unsigned index)
{
	return index < ARRAY_SIZE(fs_types) ? &fs_types[index] : NULL;
}

const struct fs_type *fs_type_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fs_types); i++) {
		if (strcmp(fs_types[i].name, name) == 0)
			return &fs_types[i];
	}
	return NULL;
}
