/*
 * Looking names up, making and removing them. Renaming is in rename.c.
 *
 * Each operation first checks everything that can be refused, then changes the tree: the
 * inode, the entry, the directory. A directory's size is its number of entries; its links
 * are two and one for each directory in it.
 */
#include "btree.h"
#include "dirent.h"
#include "inode.h"
#include "store_private.h"
#include "tx.h"

#define SYMLINK_PIECES ((STORE_SYMLINK_MAX + ITEM_BYTES_MAX - 1) / ITEM_BYTES_MAX)

static bool is_dot(struct name name)
{
	return name.len == 1 && name.bytes[0] == '.';
}

static bool is_dot_dot(struct name name)
{
	return name.len == 2 && name.bytes[0] == '.' && name.bytes[1] == '.';
}

/* ---- Looking up ---- */

status_t store_lookup(struct store *store, uint64_t dir, const char *bytes, size_t name_len,
                      uint64_t *out_inode)
{
	struct name name = {bytes, name_len};
	struct disk_inode inode;
	struct dirent_place place;
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get_dir(store, dir, &inode);
	if (status != OK)
		return status;
	if (is_dot(name) || is_dot_dot(name)) {
		*out_inode = is_dot(name) ? dir : inode.parent;
		return OK;
	}
	status = name_check(name);
	if (status == OK)
		status = dirent_find(store, dir, name, &place);
	if (status == OK)
		*out_inode = place.inode;
	return status;
}

/* As far as `end`. */
static status_t resolve_until(struct store *store, const char *path, const char *end,
                              uint64_t *out_inode)
{
	uint64_t inode = STORE_ROOT_INODE;
	status_t status = OK;

	while (status == OK) {
		size_t len = 0;

		while (path < end && *path == '/')
			path++;
		while (path + len < end && path[len] != '/')
			len++;
		if (len == 0)
			break;
		status = store_lookup(store, inode, path, len, &inode);
		path += len;
	}
	if (status == OK)
		*out_inode = inode;
	return status;
}

status_t store_resolve(struct store *store, const char *path, uint64_t *out_inode)
{
	return resolve_until(store, path, path + strlen(path), out_inode);
}

status_t store_resolve_parent(struct store *store, const char *path, uint64_t *out_dir,
                              const char **out_name)
{
	const char *name = path + strlen(path);

	while (name > path && name[-1] != '/')
		name--;
	*out_name = name;
	return resolve_until(store, path, name, out_dir);
}

/* ---- Making ---- */

/* Checks that `name` can be made in `dir`; fills in both. */
static status_t make_check(struct store *store, uint64_t dir, struct name name,
                           struct disk_inode *out_dir, struct dirent_place *out_place)
{
	status_t status = inode_get_dir(store, dir, out_dir);

	if (status == OK && (is_dot(name) || is_dot_dot(name)))
		return E_EXIST;
	if (status == OK)
		status = name_check(name);
	if (status != OK)
		return status;
	status = dirent_find(store, dir, name, out_place);
	if (status == OK)
		return E_EXIST;
	return status == E_NOENT ? OK : status;
}

static status_t add_entry(struct store *store, uint64_t dir, struct disk_inode *dir_inode,
                          struct tree_key key, struct name name, uint64_t inode, uint32_t mode)
{
	int64_t now = store->ops.now(store->ops.context);
	status_t status = dirent_insert(store, key, name, inode, mode);

	dir_inode->size++;
	dir_inode->links += (mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
	dir_inode->mtime_ns = dir_inode->ctime_ns = now;
	return status == OK ? inode_put(store, dir, dir_inode) : status;
}

static status_t make(struct store *store, uint64_t dir, struct name name,
                     const struct store_new *how, uint64_t size, uint64_t *out_inode)
{
	struct disk_inode dir_inode;
	struct dirent_place place;
	uint64_t number;
	status_t status = make_check(store, dir, name, &dir_inode, &place);

	if (status != OK)
		return status;
	if (dir_inode.links >= STORE_LINK_MAX)
		return E_MLINK;
	status = inode_make(store, how, dir, size, &number);
	if (status == OK)
		status = add_entry(store, dir, &dir_inode, place.key, name, number, how->mode);
	if (status == OK)
		*out_inode = number;
	return status;
}

static status_t make_alone(struct store *store, uint64_t dir, struct name name,
                           const struct store_new *how, uint64_t *out_inode)
{
	status_t status = tx_begin(store, TX_GROW, 3, 0);

	return status == OK ? tx_end(store, make(store, dir, name, how, 0, out_inode)) : status;
}

/* What store_create() makes: anything but directories and symbolic links. */
static bool is_creatable(uint32_t mode)
{
	switch (mode & STORE_TYPE_MASK) {
	case STORE_TYPE_FILE:
	case STORE_TYPE_FIFO:
	case STORE_TYPE_CHAR:
	case STORE_TYPE_BLOCK:
	case STORE_TYPE_SOCKET: return true;
	default: return false;
	}
}

status_t store_create(struct store *store, uint64_t dir, const char *bytes, size_t name_len,
                      const struct store_new *how, uint64_t *out_inode)
{
	struct name name = {bytes, name_len};

	if (!is_creatable(how->mode))
		return E_INVAL;
	return make_alone(store, dir, name, how, out_inode);
}

status_t store_mkdir(struct store *store, uint64_t dir, const char *bytes, size_t name_len,
                     const struct store_new *how, uint64_t *out_inode)
{
	struct name name = {bytes, name_len};
	struct store_new as_dir = *how;

	as_dir.mode = (how->mode & ~STORE_TYPE_MASK) | STORE_TYPE_DIR;
	as_dir.rdev = 0;
	return make_alone(store, dir, name, &as_dir, out_inode);
}

/* ---- Symbolic links ---- */

static status_t put_target(struct store *store, uint64_t inode, const char *target, size_t len)
{
	status_t status = OK;

	for (size_t at = 0; at < len && status == OK; at += ITEM_BYTES_MAX)
		status = btree_insert(store, tree_key(inode, ITEM_SYMLINK, at / ITEM_BYTES_MAX),
		                      target + at, (unsigned int)min_u64(len - at, ITEM_BYTES_MAX));
	return status;
}

static status_t make_symlink(struct store *store, uint64_t dir, struct name name,
                             struct name target, const struct store_new *how, uint64_t *out_inode)
{
	uint64_t number;
	status_t status = make(store, dir, name, how, target.len, &number);

	if (status == OK)
		status = put_target(store, number, target.bytes, target.len);
	if (status == OK)
		*out_inode = number;
	return status;
}

status_t store_symlink(struct store *store, uint64_t dir, const char *bytes, size_t name_len,
                       const char *target, size_t target_len, const struct store_new *how,
                       uint64_t *out_inode)
{
	struct name name = {bytes, name_len};
	struct name to = {target, target_len};
	struct store_new as_link = *how;
	status_t status;

	if (target_len == 0)
		return E_INVAL;
	if (target_len > STORE_SYMLINK_MAX)
		return E_NAMETOOLONG;
	as_link.mode = (how->mode & ~STORE_TYPE_MASK) | STORE_TYPE_SYMLINK;
	as_link.rdev = 0;
	status = tx_begin(store, TX_GROW, 3 + SYMLINK_PIECES, 0);
	if (status != OK)
		return status;
	return tx_end(store, make_symlink(store, dir, name, to, &as_link, out_inode));
}

status_t store_readlink(struct store *store, uint64_t inode, char *buffer, size_t bytes,
                        size_t *out_len)
{
	struct disk_inode disk;
	size_t len = 0;
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get(store, inode, &disk);
	if (status == OK && (disk.mode & STORE_TYPE_MASK) != STORE_TYPE_SYMLINK)
		return E_INVAL;
	while (status == OK && len < disk.size && len < bytes) {
		struct btree_item item;
		size_t expected = min_u64(disk.size - len, ITEM_BYTES_MAX);

		status = btree_find(store, tree_key(inode, ITEM_SYMLINK, len / ITEM_BYTES_MAX),
		                    &item);
		if (status != OK || item.length != expected)
			return status != OK && status != E_NOENT ? status : E_CORRUPT;
		memcpy(buffer + len, item.data, min_u64(expected, bytes - len));
		len += min_u64(expected, bytes - len);
	}
	if (status == OK)
		*out_len = len;
	return status;
}

/* ---- Linking and unlinking ---- */

static status_t link_in(struct store *store, uint64_t dir, struct name name, uint64_t inode)
{
	struct disk_inode dir_inode;
	struct disk_inode target;
	struct dirent_place place;
	status_t status = inode_get(store, inode, &target);

	if (status == OK)
		status = make_check(store, dir, name, &dir_inode, &place);
	if (status != OK)
		return status;
	if (inode_is_dir(&target))
		return E_ISDIR;
	if (target.links == 0)
		return E_NOENT;
	if (target.links >= STORE_LINK_MAX)
		return E_MLINK;
	target.links++;
	target.ctime_ns = store->ops.now(store->ops.context);
	status = inode_put(store, inode, &target);
	if (status != OK)
		return status;
	return add_entry(store, dir, &dir_inode, place.key, name, inode, target.mode);
}

status_t store_link(struct store *store, uint64_t dir, const char *bytes, size_t name_len,
                    uint64_t inode)
{
	struct name name = {bytes, name_len};
	status_t status = tx_begin(store, TX_GROW, 3, 0);

	return status == OK ? tx_end(store, link_in(store, dir, name, inode)) : status;
}
