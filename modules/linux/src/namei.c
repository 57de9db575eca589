/*
 * Walking paths. A walk goes component by component from the root, the working directory or a descriptor,
 * always holding references to where it is; it stops before the last component, which each call treats
 * in its own way (open, create, remove), and walk_last looks that one up.
 *
 * A symbolic link in the way replaces what is left of the path by its target and that rest, at most
 * SYMLINK_LIMIT times. Nothing recurses.
 */
#include "vfs.h"
#include "file.h"
#include "syscall.h"
#include <base/string.h>
#include <libanon/heap.h>

void path_get(const struct path *path)
{
	if (path->mount)
		mount_get(path->mount);
	if (path->dentry)
		dentry_get(path->dentry);
}

void path_put(const struct path *path)
{
	if (path->dentry)
		dentry_put(path->dentry);
	if (path->mount)
		mount_put(path->mount);
}

/* *to becomes *from, whose references it takes. */
static void path_replace(struct path *to, struct path from)
{
	path_put(to);
	*to = from;
}

static bool path_equals(const struct path *a, const struct path *b)
{
	return a->mount == b->mount && a->dentry == b->dentry;
}

/* Asks the file system of a directory whose names others change, and has the cache learn what it says. */
static int64_t find_anew(struct task *task, struct dentry *dir, const char *name,
                         struct dentry **out)
{
	struct names_stamp stamp = dcache_stamp(dir);
	struct inode *inode;
	int64_t result = dir->inode->ops->lookup(task, dir, name, &inode);
	if (result == 0)
		return dcache_learn(dir, name, inode, stamp, out);
	if (result == -ENOENT)
		dcache_learn_absent(dir, name, stamp);
	return result;
}

/* A child that the name cache or the file system knows in this very directory. */
static int64_t find_child(struct walk *w, struct dentry *dir, struct dentry **out)
{
	struct inode *inode;
	switch (dcache_ask(dir, &w->component, out)) {
	case DCACHE_FOUND: return 0;
	case DCACHE_ABSENT: return -ENOENT;
	default: break;
	}
	if (!dir->inode->ops->lookup)
		return -ENOTDIR;
	if (dir->inode->super->flags & SUPER_CACHED)
		return find_anew(w->task, dir, w->name, out);
	int64_t result = dir->inode->ops->lookup(w->task, dir, w->name, &inode);
	if (result != 0)
		return result;
	*out = dentry_create_free(dir, w->name, inode);
	return *out ? 0 : -ENOMEM;
}

/* The same through the union mounts on the directory. */
static int64_t find_in_layers(struct walk *w, struct path *out)
{
	int64_t result = find_child(w, w->path.dentry, &out->dentry);
	out->mount = w->path.mount;
	if (result == 0)
		mount_get(out->mount);
	if (result != -ENOENT || !(w->path.dentry->flags & DENTRY_UNION))
		return result;
	struct path layer;
	for (unsigned i = 0; result == -ENOENT && path_union_layer(&w->path, i, &layer); i++) {
		result = find_child(w, layer.dentry, &out->dentry);
		out->mount = layer.mount;
		if (result == 0)
			mount_get(out->mount);
		path_put(&layer);
	}
	return result;
}

static int64_t may_search(struct walk *w)
{
	struct inode *inode = w->path.dentry->inode;
	if (!S_ISDIR(inode->mode))
		return -ENOTDIR;
	return inode_permission(w->task, inode, MAY_EXEC);
}

static void go_up(struct walk *w, struct path *out)
{
	*out = w->path;
	path_get(out);
	while (!path_equals(out, &w->root)) {
		if (out->dentry == out->mount->root) {
			if (!path_leave_mount(out))
				break;
			continue;
		}
		struct dentry *parent = dentry_parent(out->dentry);
		dentry_put(out->dentry);
		out->dentry = parent;
		break;
	}
	path_follow_mounts(out);
}

/* What the cache could not tell: the file system is asked, once the directory's owner and mode are known for sure. */
static int64_t find_by_asking(struct walk *w, struct path *out)
{
	if (dcache_is_behind(w->path.dentry))
		(void)inode_refresh(w->path.dentry->inode);
	int64_t result = may_search(w);
	if (result == 0)
		result = find_in_layers(w, out);
	if (result == 0)
		path_follow_mounts(out);
	return result;
}

static int64_t find_name(struct walk *w, struct path *out)
{
	enum dcache_answer answer = dcache_ask_layers(&w->path, &w->component, out);
	if (answer == DCACHE_UNSURE)
		return find_by_asking(w, out);
	int64_t result = may_search(w);
	if (result == 0)
		return answer == DCACHE_FOUND ? 0 : -ENOENT;
	if (answer == DCACHE_FOUND)
		path_put(out);
	return result;
}

/* What walk->name names: a reference in *out. */
static int64_t find(struct walk *w, struct path *out)
{
	if (w->kind == LAST_NAME)
		return find_name(w, out);
	int64_t result = may_search(w);
	if (result != 0 && !(w->kind == LAST_ROOT && result == -EACCES))
		return result;
	if (w->kind == LAST_DOTDOT) {
		go_up(w, out);
	} else {
		*out = w->path;
		path_get(out);
	}
	return 0;
}

static enum last_kind kind_of(const struct name *name)
{
	if (name->len == 0)
		return LAST_ROOT;
	if (name->text[0] != '.' || name->len > 2)
		return LAST_NAME;
	if (name->len == 1)
		return LAST_DOT;
	return name->text[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

static void skip_slashes(struct walk *w)
{
	while (*w->rest == '/')
		w->rest++;
}

/* The component that the walk is at goes into walk->name. */
static int64_t take_component(struct walk *w, struct name component)
{
	if (component.len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(w->name, component.text, component.len);
	w->name[component.len] = 0;
	w->component = (struct name){w->name, component.len, component.hash};
	w->rest = component.text + component.len;
	w->has_slash = *w->rest == '/';
	skip_slashes(w);
	w->kind = kind_of(&w->component);
	return 0;
}

/* Go on with target in the place of what was found, before the rest of the path. */
static int64_t expand(struct walk *w, const char *target)
{
	size_t target_len = strlen(target), rest_len = strlen(w->rest);
	if (target_len == 0)
		return -ENOENT;
	char *joined = heap_alloc(target_len + rest_len + 2);
	if (!joined)
		return -ENOMEM;
	memcpy(joined, target, target_len);
	joined[target_len] = w->has_slash ? '/' : 0;
	memcpy(joined + target_len + w->has_slash, w->rest, rest_len + 1);
	heap_free(w->buffer);
	w->buffer = joined;
	w->rest = joined;
	if (joined[0] == '/') {
		path_get(&w->root);
		path_replace(&w->path, w->root);
	}
	return 0;
}

/* 0: the walk goes on with its new rest; 1: `link` was replaced by what it jumps to. */
static int64_t follow_link(struct walk *w, struct path *link)
{
	const struct inode_ops *ops = link->dentry->inode->ops;
	struct path target;
	if (++w->links > SYMLINK_LIMIT)
		return -ELOOP;
	if (ops->follow) {
		int64_t result = ops->follow(w->task, link->dentry, &target);
		if (result != 0)
			return result;
		path_replace(link, target);
		return 1;
	}
	char *buffer = heap_alloc(PATH_MAX);
	if (!buffer)
		return -ENOMEM;
	int64_t len = ops->readlink(w->task, link->dentry, buffer, PATH_MAX - 1);
	if (len >= 0) {
		buffer[len] = 0;
		len = expand(w, buffer);
	}
	heap_free(buffer);
	return len;
}

static bool is_link(const struct path *path)
{
	return S_ISLNK(path->dentry->inode->mode);
}

/* Walks all but the last component. */
static int64_t walk_parents(struct walk *w)
{
	for (;;) {
		struct path found;
		skip_slashes(w);
		int64_t result = take_component(w, dcache_walk(w->task, &w->path, w->rest));
		if (result != 0 || *w->rest == 0)
			return result;
		result = find(w, &found);
		if (result != 0)
			return result;
		if (is_link(&found)) {
			result = follow_link(w, &found);
			if (result <= 0) {
				path_put(&found);
				if (result < 0)
					return result;
				continue;
			}
		}
		path_replace(&w->path, found);
		if (!S_ISDIR(found.dentry->inode->mode))
			return -ENOTDIR;
	}
}

static int64_t start_path(struct walk *w, int32_t dir_fd, const char *name)
{
	if (*name == '/') {
		w->path = w->root;
		path_get(&w->path);
		return 0;
	}
	if (dir_fd == AT_FDCWD) {
		fs_cwd(w->task, &w->path);
		return 0;
	}
	struct file *file = files_lookup(w->task->files, dir_fd);
	if (!file)
		return -EBADF;
	int64_t result = S_ISDIR(file->inode->mode) ? 0 : -ENOTDIR;
	if (result == 0) {
		w->path = file->path;
		path_get(&w->path);
	}
	file_put(file);
	return result;
}

int64_t walk_begin(struct walk *w, struct task *task, int32_t dir_fd, const char *name)
{
	walk_init(w, task);
	if (*name == 0)
		return -ENOENT;
	fs_root(task, &w->root);
	int64_t result = start_path(w, dir_fd, name);
	if (result != 0)
		return result;
	w->rest = name;
	return walk_parents(w);
}

int64_t walk_last(struct walk *w, enum walk_follow follow)
{
	for (;;) {
		int64_t result = find(w, &w->found);
		if (result != 0) {
			w->found = (struct path){0};
			return result;
		}
		if (!is_link(&w->found) || follow == WALK_EXACT ||
		    (follow == WALK_LINK && !w->has_slash))
			break;
		result = follow_link(w, &w->found);
		if (result == 1)
			break;
		path_put(&w->found);
		w->found = (struct path){0};
		if (result == 0)
			result = walk_parents(w);
		if (result != 0)
			return result;
	}
	return w->has_slash && !S_ISDIR(w->found.dentry->inode->mode) ? -ENOTDIR : 0;
}

void walk_end(struct walk *w)
{
	path_put(&w->found);
	path_put(&w->path);
	path_put(&w->root);
	heap_free(w->buffer);
}

int64_t walk_may_create(struct walk *w, bool is_directory)
{
	if (w->has_slash && !is_directory)
		return -ENOENT;
	int64_t result = path_may_write(&w->path);
	if (result != 0)
		return result;
	if (!w->path.dentry->inode->ops->create)
		return -EPERM;
	return inode_permission(w->task, w->path.dentry->inode, MAY_WRITE | MAY_EXEC);
}

/* "" with LOOKUP_EMPTY: what dir_fd itself stands for. */
static int64_t lookup_empty(struct task *task, int32_t dir_fd, struct path *out)
{
	if (dir_fd == AT_FDCWD) {
		fs_cwd(task, out);
		return 0;
	}
	struct file *file = files_lookup(task->files, dir_fd);
	if (!file)
		return -EBADF;
	*out = file->path;
	path_get(out);
	file_put(file);
	return 0;
}

static int64_t lookup_by_walk(struct task *task, int32_t dir_fd, const char *name, uint32_t flags,
                              struct path *out_path)
{
	struct walk w;
	int64_t result = walk_begin(&w, task, dir_fd, name);
	if (result == 0)
		result = walk_last(&w, flags & LOOKUP_FOLLOW ? WALK_FOLLOW : WALK_LINK);
	if (result == 0) {
		*out_path = w.found;
		w.found = (struct path){0};
	}
	walk_end(&w);
	return result;
}

enum dcache_answer path_lookup_cached(struct task *task, int32_t dir_fd, const char *name,
                                      uint32_t flags, struct path *out_path)
{
	if (dir_fd != AT_FDCWD && *name != '/')
		return DCACHE_UNSURE;
	return fs_lookup(task, name, flags & LOOKUP_FOLLOW, out_path);
}

int64_t path_lookup(struct task *task, int32_t dir_fd, const char *name, uint32_t flags,
                    struct path *out_path)
{
	if (*name == 0 && flags & LOOKUP_EMPTY)
		return lookup_empty(task, dir_fd, out_path);
	struct path found;
	enum dcache_answer answer = path_lookup_cached(task, dir_fd, name, flags, &found);
	if (answer == DCACHE_ABSENT)
		return -ENOENT;
	if (answer == DCACHE_UNSURE) {
		int64_t result = lookup_by_walk(task, dir_fd, name, flags, &found);
		if (result != 0)
			return result;
	}
	if (flags & LOOKUP_DIRECTORY && !S_ISDIR(found.dentry->inode->mode)) {
		path_put(&found);
		return -ENOTDIR;
	}
	*out_path = found;
	return 0;
}

bool path_is_deleted(const struct path *path)
{
	const struct dentry *dentry = path->dentry;
	uint32_t kept = SUPER_RESIDENT | SUPER_CACHED;
	if (!(dentry->inode->super->flags & kept) || dentry->flags & DENTRY_HASHED)
		return false;
	return !path->mount || dentry != path->mount->root;
}

/* Puts text before `at`; null when it does not fit. */
static char *prepend(char *start, char *at, const char *text)
{
	size_t len = strlen(text);
	if (!at || (size_t)(at - start) < len)
		return NULL;
	return memcpy(at - len, text, len);
}

/* Up to the root, or to the top of the mounts when that is not on the way (*out_is_reached). */
static char *print_from_end(const struct path *root, const struct path *path, char *start, char *at,
                            bool *out_is_reached)
{
	struct path here = *path;
	bool is_empty = true;
	char name[NAME_MAX + 1];

	path_get(&here);
	while (!(*out_is_reached = path_equals(&here, root))) {
		if (here.dentry == here.mount->root) {
			if (!path_leave_mount(&here))
				break;
			continue;
		}
		dentry_name(here.dentry, name);
		at = prepend(start, prepend(start, at, name), "/");
		is_empty = false;
		struct dentry *parent = dentry_parent(here.dentry);
		dentry_put(here.dentry);
		here.dentry = parent;
	}
	if (is_empty)
		at = prepend(start, at, "/");
	path_put(&here);
	return at;
}

int64_t path_print_from(const struct path *root, const struct path *path, char *buffer, size_t size,
                        bool *out_is_reached)
{
	char *end = buffer + size - 1;
	char *at = end;
	char name[NAME_MAX + 1];
	*end = 0;
	*out_is_reached = true;
	if (path->mount) {
		at = print_from_end(root, path, buffer, end, out_is_reached);
	} else {
		dentry_name(path->dentry, name);
		at = prepend(buffer, end, name);
		if (path_is_deleted(path)) /* in a file system, though in no directory */
			at = prepend(buffer, at, "/");
	}
	if (!at)
		return -ENAMETOOLONG;
	memmove(buffer, at, (size_t)(end - at) + 1);
	return end - at;
}

int64_t mount_print_root(const struct mount *mount, char *buffer, size_t size)
{
	char *end = buffer + size - 1, *at = end;
	char name[NAME_MAX + 1];
	struct dentry *here = dentry_get(mount->root);
	*end = 0;
	while (here->parent != here) { /* the root, and it stays so */
		struct dentry *parent = dentry_parent(here);
		dentry_name(here, name);
		at = prepend(buffer, prepend(buffer, at, name), "/");
		dentry_put(here);
		here = parent;
	}
	dentry_put(here);
	if (at == end)
		at = prepend(buffer, at, "/");
	if (!at)
		return -ENAMETOOLONG;
	memmove(buffer, at, (size_t)(end - at) + 1);
	return end - at;
}

int64_t path_print(struct task *task, const struct path *path, char *buffer, size_t size)
{
	struct path root = {0};
	bool is_reached;
	if (task)
		fs_root(task, &root);
	int64_t len = path_print_from(&root, path, buffer, size, &is_reached);
	path_put(&root);
	return len;
}

/* Without a task: no permission is asked, no link followed. For the monitor itself. */
int64_t path_at_start(const char *name, struct path *out_path)
{
	struct walk w = {.path = container_root()};
	int64_t result = 0;
	w.rest = name;
	for (;;) {
		struct path found;
		skip_slashes(&w);
		result = take_component(&w, name_component(w.rest));
		if (result != 0 || w.kind != LAST_NAME)
			break;
		result = find_in_layers(&w, &found);
		if (result != 0)
			break;
		path_follow_mounts(&found);
		path_replace(&w.path, found);
	}
	if (result == 0)
		*out_path = w.path;
	else
		path_put(&w.path);
	return result;
}
