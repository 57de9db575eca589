/*
 * The container's mounts: one list, oldest first, of where file systems are seen. A mount covers its
 * mountpoint, or, as a union, shows its names below the mountpoint's own (the store's /bin over the boot
 * archive's). mount(2) and umount2(2).
 *
 * A namespace is a tree of mounts of its own, made by copying another's (unshare, clone). Since a mount is found by
 * what it is mounted on, a mount and a name there, walks that begin in one tree never come to another's. In one that a user made for himself
 * (ns_own) he may bind and undo that, but not take away what was there before.
 *
 * A mount lives while it is attached or a path goes through it; the last put lets go of its file system. Which mounts
 * are on a dentry is also the name cache's to read, so that is written under both locks.
 */
#include "dcache.h"
#include "file.h"
#include "path_arg.h"
#include "syscall.h"
#include <base/assert.h>
#include <base/string.h>
#include <libanon/heap.h>

struct mutex mount_lock = MUTEX_RANKED(RANK_MOUNT);
static struct list mounts = LIST_INIT(mounts);
static int32_t next_mount_id = 20;
static struct mount *root_mount;

#define NAMESPACE_PATHS_MAX 2 /* root and working directory */

struct mount_namespace {
	uint32_t references; /* [a] */
	bool is_own;         /* [I] once others see it: made by ns_own */
};
static struct mount_namespace first_namespace = {.references = 1};

void mount_get(struct mount *mount)
{
	__atomic_fetch_add(&mount->references, 1, __ATOMIC_RELAXED);
}

static void mount_free(struct mount *mount)
{
	mutex_lock(&mount_lock);
	bool is_last = --mount->super->mounts == 0;
	mutex_unlock(&mount_lock);
	if (is_last && mount->super->flags & SUPER_RESIDENT)
		dcache_kill_tree(mount->root); /* that of the first mount may be above */
	dentry_put(mount->root);
	if (is_last)
		dcache_shrink(mount->super);
	super_put(mount->super);
	heap_free(mount->source);
	heap_free(mount);
}

void mount_put(struct mount *mount)
{
	if (__atomic_sub_fetch(&mount->references, 1, __ATOMIC_ACQ_REL) == 0)
		mount_free(mount);
}

static void attach_locked(struct mount *mount, const struct path *where)
{
	mount->is_attached = true;
	mount->namespace = where ? where->mount->namespace : &first_namespace;
	mount->super->mounts++;
	list_push_back(&mounts, &mount->node);
	if (!where) {
		root_mount = root_mount ? root_mount : mount;
		return;
	}
	mount_get(where->mount);
	mount->mountpoint = dentry_get(where->dentry);
	mutex_lock(&dcache_lock);
	mount->parent = where->mount;
	mount->next_here = mount->mountpoint->mounts;
	mount->mountpoint->mounts = mount;
	if (mount->is_union)
		mount->mountpoint->flags |= DENTRY_UNION;
	mutex_unlock(&dcache_lock);
}

/* Not on one that was taken away meanwhile. */
static bool try_attach(struct mount *mount, const struct path *where)
{
	mutex_lock(&mount_lock);
	bool is_there = !where || where->mount->is_attached;
	if (is_there) {
		__atomic_fetch_add(&mount->super->references, 1, __ATOMIC_RELAXED);
		dentry_get(mount->root);
		mount->id = next_mount_id++;
		attach_locked(mount, where);
	}
	mutex_unlock(&mount_lock);
	return is_there;
}

int64_t mount_attach(struct super *super, struct dentry *root, const char *source,
                     const struct path *where, uint32_t flags, bool is_union, struct mount **out)
{
	struct mount *mount = heap_zalloc(sizeof(*mount));
	char *copy = mount ? heap_strdup(source) : NULL;
	if (!copy) {
		heap_free(mount);
		return -ENOMEM;
	}
	*mount = (struct mount){.references = 1,
	                        .flags = flags,
	                        .is_union = is_union,
	                        .root = root,
	                        .super = super,
	                        .source = copy};
	list_init(&mount->node);
	if (!try_attach(mount, where)) {
		heap_free(copy);
		heap_free(mount);
		return -EINVAL;
	}
	if (out)
		*out = mount;
	return 0;
}

struct mount *mount_covering(const struct path *path)
{
	struct mount *mount = path->dentry->mounts;
	while (mount && (mount->is_union || mount->parent != path->mount))
		mount = mount->next_here;
	return mount;
}

/* Oldest first: the number of unions behind it in the list, which has the newest first, says which it is. */
struct mount *mount_in_union(const struct path *path, unsigned index)
{
	struct mount *found = NULL;
	unsigned count = 0;
	for (struct mount *m = path->dentry->mounts; m; m = m->next_here)
		count += m->is_union && m->parent == path->mount;
	for (struct mount *m = path->dentry->mounts; m && index < count; m = m->next_here) {
		if (m->is_union && m->parent == path->mount && --count == index) {
			found = m;
			break;
		}
	}
	return found;
}

void path_follow_mounts(struct path *path)
{
	while (path->dentry->mounts) {
		mutex_lock(&mount_lock);
		struct mount *mount = mount_covering(path);
		if (mount)
			mount_get(mount);
		mutex_unlock(&mount_lock);
		if (!mount)
			return;
		struct path next = {mount, dentry_get(mount->root)};
		path_put(path);
		*path = next;
	}
}

bool path_leave_mount(struct path *path)
{
	struct path up = {0};
	mutex_lock(&mount_lock);
	if (path->mount->parent) {
		up = (struct path){path->mount->parent, path->mount->mountpoint};
		path_get(&up);
	}
	mutex_unlock(&mount_lock);
	if (!up.mount)
		return false;
	path_put(path);
	*path = up;
	return true;
}

bool path_union_layer(const struct path *path, unsigned index, struct path *out_path)
{
	mutex_lock(&mount_lock);
	struct mount *mount = mount_in_union(path, index);
	if (mount) {
		*out_path = (struct path){mount, mount->root};
		path_get(out_path);
	}
	mutex_unlock(&mount_lock);
	return mount;
}

int64_t path_may_write(const struct path *path)
{
	if (!path->mount)
		return 0;
	bool is_fixed = path->mount->flags & MS_RDONLY ||
	                path->mount->super->flags & SUPER_READ_ONLY;
	return is_fixed ? -EROFS : 0;
}

struct path container_root(void)
{
	struct path root = {root_mount, root_mount->root};
	path_get(&root);
	path_follow_mounts(&root);
	return root;
}

void mounts_for_each(const struct mount_namespace *namespace,
                     void (*show)(void *context, struct mount *mount), void *context)
{
	int32_t after = 0;
	for (;;) {
		struct mount *found = NULL;
		struct list *at;
		mutex_lock(&mount_lock);
		list_for_each (at, &mounts) {
			struct mount *mount = list_entry(at, struct mount, node);
			if (mount->id > after && (!found || mount->id < found->id) &&
			    (!namespace || mount->namespace == namespace))
				found = mount;
		}
		if (found)
			mount_get(found);
		mutex_unlock(&mount_lock);
		if (!found)
			return;
		after = found->id;
		show(context, found);
		mount_put(found);
	}
}

static void leave_list_locked(struct mount *mount)
{
	mount->is_attached = false;
	mount->namespace = NULL;
	list_remove(&mount->node);
}

/* Out of the list; the caller puts the list's reference and what is returned in *out_where. */
static void detach_locked(struct mount *mount, struct path *out_where)
{
	leave_list_locked(mount);
	*out_where = (struct path){mount->parent, mount->mountpoint};
	struct mount **here = &mount->mountpoint->mounts;
	mutex_lock(&dcache_lock);
	while (*here != mount)
		here = &(*here)->next_here;
	*here = mount->next_here;
	mount->parent = NULL;
	mutex_unlock(&dcache_lock);
	mount->mountpoint = NULL;
}

/* The newest of the mounts that hang on one that was taken away. */
static struct mount *orphan_locked(void)
{
	struct mount *found = NULL;
	struct list *at;
	list_for_each (at, &mounts) {
		struct mount *mount = list_entry(at, struct mount, node);
		if (mount->parent && !mount->parent->is_attached)
			found = mount;
	}
	return found;
}

static void detach_orphans(void)
{
	for (;;) {
		struct path where = {0};
		mutex_lock(&mount_lock);
		struct mount *mount = orphan_locked();
		if (mount)
			detach_locked(mount, &where);
		mutex_unlock(&mount_lock);
		if (!mount)
			return;
		path_put(&where);
		mount_put(mount);
	}
}

static int64_t unmount(struct mount *mount, uint32_t flags)
{
	struct path where = {0};
	int64_t result = 0;
	mutex_lock(&mount_lock);
	if (!mount->is_attached || !mount->parent)
		result = -EINVAL;
	else if (!(flags & MNT_DETACH) && mount->references > 2) /* the list's and the caller's */
		result = -EBUSY;
	else
		detach_locked(mount, &where);
	mutex_unlock(&mount_lock);
	if (result == 0) {
		path_put(&where);
		mount_put(mount);
		detach_orphans();
	}
	return result;
}

/* Mounts of another namespace, reached through a descriptor, are none of the task's business. */
static bool is_seen_by(struct task *task, const struct mount *mount)
{
	return mount && mount->namespace == fs_namespace(task->fs);
}

static bool may_change(struct task *task)
{
	return capable(task, CAP_SYS_ADMIN) || fs_namespace(task->fs)->is_own;
}

SYSCALL2(umount2, uint64_t, u_path, uint32_t, flags)
{
	struct path path;
	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!may_change(task))
		return -EPERM;
	int64_t result = path_from_guest(task, AT_FDCWD, u_path,
	                                 flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (result != 0)
		return result;
	struct mount *mount = path.mount; /* null for a pipe or socket, found by /proc/self/fd */
	if (!is_seen_by(task, mount) || path.dentry != mount->root) {
		path_put(&path);
		return -EINVAL;
	}
	mount_get(mount);
	path_put(&path);
	if (mount->is_inherited && !capable(task, CAP_SYS_ADMIN))
		result = -EPERM;
	if (result == 0)
		result = unmount(mount, flags);
	mount_put(mount);
	return result;
}

static int64_t mount_new(struct task *task, const struct path *where, const char *type,
                         const char *source, uint32_t flags, const char *options)
{
	const struct fs_type *fs = fs_type_find(type);
	struct super *super;
	struct dentry *root;
	if (!fs || fs->needs_device)
		return -ENODEV;
	if (!S_ISDIR(where->dentry->inode->mode))
		return -ENOTDIR;
	int64_t result = fs->mount(task, options, &super, &root);
	if (result != 0)
		return result;
	result = mount_attach(super, root, source, where, flags, false, NULL);
	if (result != 0) {
		super_discard(super, root);
		return result;
	}
	dentry_put(root);
	super_put(super);
	return 0;
}

static int64_t mount_bind(struct task *task, const struct path *where, const char *source,
                          uint32_t flags)
{
	struct path from;
	int64_t result = path_lookup(task, AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (result != 0)
		return result;
	if (S_ISDIR(from.dentry->inode->mode) != S_ISDIR(where->dentry->inode->mode))
		result = -ENOTDIR;
	else if (!is_seen_by(task, from.mount))
		result = -EINVAL;
	else
		result = mount_attach(from.mount->super, from.dentry, from.mount->source, where,
		                      (flags & MS_RDONLY) | from.mount->flags, false, NULL);
	path_put(&from);
	return result;
}

static int64_t remount(const struct path *where, uint32_t flags)
{
	if (where->dentry != where->mount->root)
		return -EINVAL;
	mutex_lock(&mount_lock);
	where->mount->flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	mutex_unlock(&mount_lock);
	return 0;
}

static int64_t mount_path(struct task *task, const struct path *where, const char *type,
                          const char *source, uint32_t flags, const char *options)
{
	uint32_t kept = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	if (!is_seen_by(task, where->mount))
		return -EINVAL;
	if (flags & MS_REMOUNT)
		return remount(where, flags);
	if (flags & MS_BIND)
		return mount_bind(task, where, source, flags);
	if (flags & MS_PROPAGATION)
		return where->dentry == where->mount->root
		               ? 0
		               : -EINVAL; /* all mounts are private: nothing to do */
	if (flags & MS_MOVE)
		return -EINVAL;
	return mount_new(task, where, type, source, kept, options);
}

int64_t mount_at(struct task *task, const char *where, const char *type, const char *source,
                 uint32_t flags, const char *options)
{
	struct path path;
	int64_t result = path_lookup(task, AT_FDCWD, where, LOOKUP_FOLLOW, &path);
	if (result != 0)
		return result;
	result = mount_path(task, &path, type, source, flags, options);
	path_put(&path);
	return result;
}

/* An optional string argument of mount(2): "" when absent. */
static int64_t copy_text(struct task *task, uint64_t u_text, char *to, size_t size)
{
	to[0] = 0;
	int64_t len = u_text ? strncpy_from_guest(task, to, u_text, size) : 0;
	return len < 0 ? len : 0;
}

static bool may_mount(struct task *task, uint32_t flags)
{
	bool is_plain_bind = flags & MS_BIND && !(flags & ~(MS_BIND | MS_REC | MS_RDONLY));
	return capable(task, CAP_SYS_ADMIN) || (is_plain_bind && may_change(task));
}

SYSCALL5(mount, uint64_t, u_source, uint64_t, u_where, uint64_t, u_type, uint64_t, flags, uint64_t,
         u_options)
{
	char source[PATH_MAX], where[PATH_MAX], type[64], options[PATH_MAX];
	if (!may_mount(task, (uint32_t)flags))
		return -EPERM;
	int64_t result = copy_path_arg(task, u_where, false, where);
	if (result == 0)
		result = copy_text(task, u_source, source, sizeof(source));
	if (result == 0)
		result = copy_text(task, u_type, type, sizeof(type));
	if (result == 0)
		result = copy_text(task, u_options, options, sizeof(options));
	if (result != 0)
		return result == -ENAMETOOLONG ? -EINVAL : result;
	return mount_at(task, where, type, source[0] ? source : "none", (uint32_t)flags, options);
}

/* --- namespaces --- */

struct mount_namespace *container_namespace(void)
{
	namespace_get(&first_namespace);
	return &first_namespace;
}

void namespace_make_own(struct mount_namespace *namespace)
{
	namespace->is_own = true;
}

void namespace_get(struct mount_namespace *namespace)
{
	__atomic_fetch_add(&namespace->references, 1, __ATOMIC_RELAXED);
}

static struct mount *newest_of_locked(const struct mount_namespace *namespace)
{
	struct mount *found = NULL;
	struct list *at;
	list_for_each (at, &mounts) {
		struct mount *mount = list_entry(at, struct mount, node);
		if (mount->namespace == namespace)
			found = mount;
	}
	return found;
}

/* The newest first, so that nothing is left without what it is mounted on. */
static void detach_all(const struct mount_namespace *namespace)
{
	for (;;) {
		struct path where = {0};
		mutex_lock(&mount_lock);
		struct mount *mount = newest_of_locked(namespace);
		if (mount && mount->parent)
			detach_locked(mount, &where);
		else if (mount)
			leave_list_locked(mount);
		mutex_unlock(&mount_lock);
		if (!mount)
			return;
		path_put(&where);
		mount_put(mount);
	}
}

void namespace_put(struct mount_namespace *namespace)
{
	if (__atomic_sub_fetch(&namespace->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	detach_all(namespace);
	heap_free(namespace);
}

static int64_t copy_mount_locked(struct mount *from, struct mount_namespace *to)
{
	struct mount *mount = heap_zalloc(sizeof(*mount));
	char *source = mount ? heap_strdup(from->source) : NULL;
	if (!source) {
		heap_free(mount);
		return -ENOMEM;
	}
	*mount = (struct mount){.references = 1,
	                        .flags = from->flags,
	                        .id = next_mount_id++,
	                        .is_union = from->is_union,
	                        .is_inherited = true,
	                        .root = dentry_get(from->root),
	                        .super = from->super,
	                        .source = source};
	__atomic_fetch_add(&from->super->references, 1, __ATOMIC_RELAXED);
	list_init(&mount->node);
	if (from->parent) {
		struct path where = {from->parent->copy, from->mountpoint};
		attach_locked(mount, &where);
	} else {
		attach_locked(mount, NULL);
	}
	mount->namespace = to;
	from->copy = mount;
	return 0;
}

/* What hangs on a mount that was taken away is not seen any more, and not copied. */
static bool is_reachable_locked(const struct mount *mount, const struct mount_namespace *namespace)
{
	return mount->namespace == namespace && (!mount->parent || mount->parent->copy);
}

static int64_t copy_all_locked(struct mount_namespace *from, struct mount_namespace *to)
{
	struct list *at;
	int64_t error = 0;
	list_for_each (at, &mounts) {
		struct mount *mount = list_entry(at, struct mount, node);
		if (is_reachable_locked(mount, from))
			error = copy_mount_locked(mount, to);
		if (error)
			break;
	}
	return error;
}

/* Into the copy; what it gives up is put by the caller, without the lock. */
static struct mount *move_path_locked(struct path *path)
{
	struct mount *old = path->mount;
	if (!old || !old->copy)
		return NULL;
	path->mount = old->copy;
	mount_get(path->mount);
	return old;
}

static void forget_copies_locked(void)
{
	struct list *at;
	list_for_each (at, &mounts)
		list_entry(at, struct mount, node)->copy = NULL;
}

int64_t namespace_copy(struct mount_namespace *from, struct path *const paths[], unsigned count,
                       struct mount_namespace **out_namespace)
{
	struct mount_namespace *namespace = heap_zalloc(sizeof(*namespace));
	struct mount *old[NAMESPACE_PATHS_MAX] = {0};
	if (!namespace)
		return -ENOMEM;
	ASSERT(count <= NAMESPACE_PATHS_MAX);
	namespace->references = 1;
	namespace->is_own = from->is_own;
	mutex_lock(&mount_lock);
	int64_t error = copy_all_locked(from, namespace);
	for (unsigned i = 0; i < count && !error; i++)
		old[i] = move_path_locked(paths[i]);
	forget_copies_locked();
	mutex_unlock(&mount_lock);
	for (unsigned i = 0; i < count; i++) {
		if (old[i])
			mount_put(old[i]);
	}
	if (error)
		namespace_put(namespace);
	else
		*out_namespace = namespace;
	return error;
}
