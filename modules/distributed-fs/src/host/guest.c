/*
 * Paths: strings that walks over the host or the image extend and cut again, and what they
 * mean inside the image. Symbolic links in the image are never followed.
 */
#include "guest.h"

#include <stdio.h>
#include <string.h>

bool path_set(struct path *path, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(path->text))
		return complain(text, E_NAMETOOLONG);
	memcpy(path->text, text, len + 1);
	path->len = len;
	return true;
}

bool path_push(struct path *path, const char *name)
{
	size_t len = strlen(name);

	if (path->len + len + 2 > sizeof(path->text))
		return complain(path->text, E_NAMETOOLONG);
	if (path->len == 0 || path->text[path->len - 1] != '/')
		path->text[path->len++] = '/';
	memcpy(path->text + path->len, name, len + 1);
	path->len += len;
	return true;
}

void path_cut(struct path *path, size_t len)
{
	path->len = len;
	path->text[len] = '\0';
}

const char *path_name(const char *text, size_t *out_len)
{
	size_t end = strlen(text);
	size_t start;

	while (end > 0 && text[end - 1] == '/')
		end--;
	for (start = end; start > 0 && text[start - 1] != '/';)
		start--;
	*out_len = end - start;
	return text + start;
}

bool guest_find(struct image *image, const char *path, uint64_t *out_inode)
{
	status_t status = store_resolve(image->store, path, out_inode);

	return status == OK || complain(path, status);
}

bool guest_is_dir(struct image *image, const char *path)
{
	struct store_attr attr;
	uint64_t inode;

	return store_resolve(image->store, path, &inode) == OK &&
	       store_getattr(image->store, inode, &attr) == OK &&
	       (attr.mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
}

/* One step down, making the directory if it is missing; its owner is the parent's. */
static status_t step(struct store *store, uint64_t *dir, const char *name, size_t len)
{
	struct store_new how = {.mode = 0755};
	struct store_attr parent;
	uint64_t from = *dir;
	status_t status = store_lookup(store, from, name, len, dir);

	if (status != E_NOENT)
		return status;
	status = store_getattr(store, from, &parent);
	how.uid = parent.uid;
	how.gid = parent.gid;
	return status == OK ? store_mkdir(store, from, name, len, &how, dir) : status;
}

bool guest_make_parents(struct image *image, const char *path, uint64_t *out_dir)
{
	size_t name_len;
	const char *name = path_name(path, &name_len);
	const char *at = path;
	status_t status = OK;

	*out_dir = STORE_ROOT_INODE;
	while (status == OK) {
		size_t len;

		at += strspn(at, "/");
		if (at >= name)
			break;
		len = strcspn(at, "/");
		status = step(image->store, out_dir, at, len);
		at += len;
	}
	return status == OK || complain(path, status);
}
