/*
 * The part of file.ipc that is about names: walking, making, linking, removing, renaming, listing. The
 * store checks names; "..", which leads out of a session, is refused here.
 */
#include "files.h"
#include "generations.h"
#include "session.h"
#include "writeback.h"

#include <base/string.h>

#define UNLINK_DIRECTORY 1u
#define MODE_BITS 07777u
#define ENTRY_HEAD 18u

/* --- walking --- */

static uint32_t component(const char *path)
{
	uint32_t len = 0;

	while (path[len] != 0 && path[len] != '/')
		len++;
	return len;
}

static bool is_dots(const char *name, uint32_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

/* Goes on from *inode as far as there are directories; *out_used is behind the last component taken. */
static status_t walk(const char *path, uint64_t *inode, uint32_t *out_used)
{
	uint32_t at = 0;

	*out_used = 0;
	for (;;) {
		uint64_t next;
		uint32_t len;
		status_t status;

		while (path[at] == '/')
			at++;
		len = component(path + at);
		if (len == 0) {
			*out_used = at;
			return OK;
		}
		if (is_dots(path + at, len))
			return E_INVAL;
		status = store_lookup(fs.store, *inode, path + at, len, &next);
		if (status == E_NOTDIR)
			return OK;
		if (status != OK)
			return status;
		*inode = next;
		at += len;
		*out_used = at;
	}
}

status_t names_walk(void *context, uint64_t badge, uint32_t fid, uint32_t new_fid,
                    struct ipc_text path, uint32_t *used, struct file_attr *a)
{
	struct session *session = context;
	struct vnode *from, *node;
	uint64_t inode;
	status_t status = session_vnode(session, fid, &from);

	(void)badge;
	if (status == OK)
		status = session_reserve(session, new_fid);
	if (status != OK)
		return status;
	inode = vnode_inode(from);
	status = walk(path.at, &inode, used);
	if (status == OK)
		status = vnode_get(inode, &node);
	if (status != OK)
		return status;
	status = vnode_attr(node, a);
	if (status == OK)
		session_set(session, new_fid, node);
	else
		vnode_put(node);
	return status;
}

/* --- making --- */

static status_t make(uint64_t dir, struct ipc_text name, const struct store_new *how,
                     uint64_t *out_inode)
{
	status_t status;

	writeback_make_room();
	if ((how->mode & STORE_TYPE_MASK) == STORE_TYPE_DIR)
		status = store_mkdir(fs.store, dir, name.at, name.len, how, out_inode);
	else
		status = store_create(fs.store, dir, name.at, name.len, how, out_inode);
	generations_raise(dir);
	return status;
}

status_t names_create(void *context, uint64_t badge, uint32_t fid, uint32_t new_fid,
                      struct ipc_text name, uint32_t mode, uint32_t uid, uint32_t gid,
                      uint64_t rdev, struct file_attr *a)
{
	const struct store_new how = {.mode = mode, .uid = uid, .gid = gid, .rdev = rdev};
	struct session *session = context;
	struct vnode *dir, *node;
	uint64_t inode;
	status_t status = session_vnode_to_change(session, fid, &dir);

	(void)badge;
	if ((mode & ~(STORE_TYPE_MASK | MODE_BITS)) != 0)
		return E_INVAL;
	if (status == OK)
		status = session_reserve(session, new_fid);
	if (status == OK)
		status = make(vnode_inode(dir), name, &how, &inode);
	if (status == OK)
		status = vnode_get(inode, &node);
	if (status != OK)
		return status;
	session_set(session, new_fid, node);
	return vnode_attr(node, a);
}

status_t names_symlink(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                       struct ipc_text target, uint32_t uid, uint32_t gid, struct file_attr *a)
{
	const struct store_new how = {.mode = 0777, .uid = uid, .gid = gid};
	struct vnode *dir, *node;
	uint64_t inode;
	status_t status = session_vnode_to_change(context, fid, &dir);

	(void)badge;
	if (status != OK)
		return status;
	writeback_make_room();
	status = store_symlink(fs.store, vnode_inode(dir), name.at, name.len, target.at, target.len,
	                       &how, &inode);
	generations_raise(vnode_inode(dir));
	if (status == OK)
		status = vnode_get(inode, &node);
	if (status != OK)
		return status;
	status = vnode_attr(node, a);
	vnode_put(node);
	return status;
}

status_t names_readlink(void *context, uint64_t badge, uint32_t fid, struct ipc_out *target)
{
	struct vnode *node;
	size_t len = 0;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	if (status == OK)
		status = store_readlink(fs.store, vnode_inode(node), target->at, target->max, &len);
	target->len = (uint32_t)len;
	return status;
}

status_t names_link(void *context, uint64_t badge, uint32_t fid, uint32_t dir_fid,
                    struct ipc_text name)
{
	struct vnode *node, *dir;
	status_t status = session_vnode_to_change(context, fid, &node);

	(void)badge;
	if (status == OK)
		status = session_vnode(context, dir_fid, &dir);
	if (status != OK)
		return status;
	if (node->type == STORE_TYPE_DIR)
		return E_PERM;
	writeback_make_room();
	status = store_link(fs.store, vnode_inode(dir), name.at, name.len, vnode_inode(node));
	generations_raise(vnode_inode(dir));
	generations_raise(vnode_inode(node));
	return status;
}

/* --- removing and renaming --- */

status_t names_unlink(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                      uint32_t flags)
{
	struct vnode *dir;
	uint64_t victim;
	status_t status = session_vnode_to_change(context, fid, &dir);

	(void)badge;
	if ((flags & ~UNLINK_DIRECTORY) != 0 || is_dots(name.at, name.len))
		return E_INVAL;
	if (status == OK)
		status = store_lookup(fs.store, vnode_inode(dir), name.at, name.len, &victim);
	if (status != OK)
		return status;
	if ((flags & UNLINK_DIRECTORY) != 0)
		status = store_rmdir(fs.store, vnode_inode(dir), name.at, name.len);
	else
		status = store_unlink(fs.store, vnode_inode(dir), name.at, name.len);
	generations_raise(vnode_inode(dir));
	generations_raise(victim);
	if (status == OK)
		vnode_unlinked(victim);
	return status;
}

/* All that a rename changes: two directories, what is moved, and what was there. */
static void raise_renamed(uint64_t from, uint64_t to, uint64_t moved, uint64_t replaced)
{
	generations_raise(from);
	if (to != from)
		generations_raise(to);
	generations_raise(moved);
	if (replaced != 0)
		generations_raise(replaced);
}

status_t names_rename(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                      uint32_t to_fid, struct ipc_text to_name, uint32_t flags)
{
	struct vnode *from, *to;
	uint64_t moved, replaced = 0;
	status_t status = session_vnode_to_change(context, fid, &from);

	(void)badge;
	if ((flags & ~(STORE_RENAME_NOREPLACE | STORE_RENAME_EXCHANGE)) != 0 ||
	    is_dots(name.at, name.len) || is_dots(to_name.at, to_name.len))
		return E_INVAL;
	if (status == OK)
		status = session_vnode(context, to_fid, &to);
	if (status != OK)
		return status;
	writeback_make_room();
	status = store_lookup(fs.store, vnode_inode(from), name.at, name.len, &moved);
	if (status != OK)
		return status;
	if (store_lookup(fs.store, vnode_inode(to), to_name.at, to_name.len, &replaced) != OK)
		replaced = 0;
	status = store_rename(fs.store, vnode_inode(from), name.at, name.len, vnode_inode(to),
	                      to_name.at, to_name.len, flags);
	raise_renamed(vnode_inode(from), vnode_inode(to), moved, replaced);
	if (status == OK && replaced != 0)
		vnode_unlinked(replaced);
	return status;
}

/* --- listing --- */

static void put_entry(struct ipc_out *entries, const struct store_dirent *entry, uint64_t cursor)
{
	uint8_t *to = (uint8_t *)entries->at + entries->len;

	memcpy(to, &entry->inode, 8);
	memcpy(to + 8, &cursor, 8);
	to[16] = (uint8_t)(entry->type >> 12);
	to[17] = (uint8_t)entry->name_len;
	memcpy(to + ENTRY_HEAD, entry->name, entry->name_len);
	entries->len += ENTRY_HEAD + entry->name_len;
}

status_t names_readdir(void *context, uint64_t badge, uint32_t fid, uint64_t cursor, uint64_t *next,
                       struct ipc_out *entries)
{
	struct store_dirent entry;
	struct vnode *node;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	*next = cursor;
	while (status == OK) {
		status = store_readdir(fs.store, vnode_inode(node), &cursor, &entry);
		if (status == OK && entries->max - entries->len < ENTRY_HEAD + entry.name_len)
			return OK;
		if (status == OK) {
			put_entry(entries, &entry, cursor);
			*next = cursor;
		}
	}
	if (status != E_NOENT)
		return status;
	if (entries->len == 0)
		*next = 0;
	return OK;
}
