/*
 * The part of file.ipc that is about names: walking, making, linking, removing, renaming, listing. The
 * store checks names; "..", which leads out of a session, is refused here.
 */
#include "files.h"
#include "generations.h"
#include "journal.h"
#include "session.h"
#include "writeback.h"

#include <base/string.h>

#define UNLINK_DIRECTORY 1u
#define MODE_BITS 07777u
#define ENTRY_HEAD 18u
#define ENTRY_MAX (ENTRY_HEAD + STORE_NAME_MAX)

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

/* Makes a change of names; what it grows has room, as far as room can be made. */
static status_t make(struct change *change, struct ipc_text first, struct ipc_text second)
{
	const struct change_names names = {first.at, second.at};

	change->first_len = (uint16_t)first.len;
	change->second_len = (uint16_t)second.len;
	return journal_make(fs.store, change, &names);
}

static const struct ipc_text no_text = {"", 0};

status_t names_create(void *context, uint64_t badge, uint32_t fid, uint32_t new_fid,
                      struct ipc_text name, uint32_t mode, uint32_t uid, uint32_t gid,
                      uint64_t rdev, uint64_t request, struct file_attr *a)
{
	struct change change = {.kind = CHANGE_CREATE,
	                        .request = request,
	                        .mode = mode,
	                        .uid = uid,
	                        .gid = gid,
	                        .rdev = rdev};
	struct session *session = context;
	struct vnode *dir, *node;
	status_t status = session_vnode_to_change(session, fid, &dir);

	(void)badge;
	if ((mode & ~(STORE_TYPE_MASK | MODE_BITS)) != 0)
		return E_INVAL;
	if (status == OK)
		status = session_reserve(session, new_fid);
	if (status != OK)
		return status;
	if ((mode & STORE_TYPE_MASK) == STORE_TYPE_DIR)
		change.kind = CHANGE_MKDIR;
	change.dir = vnode_inode(dir);
	writeback_make_room();
	status = make(&change, name, no_text);
	generations_raise(change.dir);
	if (status == OK)
		status = vnode_get(change.inode, &node);
	if (status != OK)
		return status;
	session_set(session, new_fid, node);
	return vnode_attr(node, a);
}

status_t names_symlink(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                       struct ipc_text target, uint32_t uid, uint32_t gid, uint64_t request,
                       struct file_attr *a)
{
	struct change change = {
		.kind = CHANGE_SYMLINK, .request = request, .mode = 0777, .uid = uid, .gid = gid};
	struct vnode *dir, *node;
	status_t status = session_vnode_to_change(context, fid, &dir);

	(void)badge;
	if (status != OK)
		return status;
	change.dir = vnode_inode(dir);
	writeback_make_room();
	status = make(&change, name, target);
	generations_raise(change.dir);
	if (status == OK)
		status = vnode_get(change.inode, &node);
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
                    struct ipc_text name, uint64_t request)
{
	struct change change = {.kind = CHANGE_LINK, .request = request};
	struct vnode *node, *dir;
	status_t status = session_vnode_to_change(context, fid, &node);

	(void)badge;
	if (status == OK)
		status = session_vnode(context, dir_fid, &dir);
	if (status != OK)
		return status;
	if (node->type == STORE_TYPE_DIR)
		return E_PERM;
	change.dir = vnode_inode(dir);
	change.inode = vnode_inode(node);
	writeback_make_room();
	status = make(&change, name, no_text);
	generations_raise(change.dir);
	generations_raise(change.inode);
	return status;
}

/* --- removing and renaming --- */

status_t names_unlink(void *context, uint64_t badge, uint32_t fid, struct ipc_text name,
                      uint32_t flags, uint64_t request)
{
	bool is_rmdir = (flags & UNLINK_DIRECTORY) != 0;
	struct change change = {.kind = is_rmdir ? CHANGE_RMDIR : CHANGE_UNLINK,
	                        .request = request};
	struct vnode *dir;
	status_t status = session_vnode_to_change(context, fid, &dir);

	(void)badge;
	if ((flags & ~UNLINK_DIRECTORY) != 0 || is_dots(name.at, name.len))
		return E_INVAL;
	if (status != OK || journal_was_made(request, change.kind, &change.inode))
		return status;
	change.dir = vnode_inode(dir);
	status = store_lookup(fs.store, change.dir, name.at, name.len, &change.inode);
	if (status != OK)
		return status;
	status = make(&change, name, no_text);
	generations_raise(change.dir);
	generations_raise(change.inode);
	if (status == OK)
		vnode_unlinked(change.inode);
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
                      uint32_t to_fid, struct ipc_text to_name, uint32_t flags, uint64_t request)
{
	struct change change = {.kind = CHANGE_RENAME, .request = request, .flags = flags};
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
	if (journal_was_made(request, change.kind, &change.inode))
		return OK;
	writeback_make_room();
	change.dir = vnode_inode(from);
	change.to_dir = vnode_inode(to);
	status = store_lookup(fs.store, change.dir, name.at, name.len, &moved);
	if (status != OK)
		return status;
	if (store_lookup(fs.store, change.to_dir, to_name.at, to_name.len, &replaced) != OK)
		replaced = 0;
	status = make(&change, name, to_name);
	raise_renamed(change.dir, change.to_dir, moved, replaced);
	if (status == OK && replaced != 0)
		vnode_unlinked(replaced);
	return status;
}

/* --- listing --- */

struct listing {
	struct ipc_out *entries;
	uint64_t next;
};

/* Another one is wanted while the longest would fit. */
static bool put_entry(void *context, const struct store_dirent *entry, uint64_t cursor)
{
	struct listing *listing = context;
	struct ipc_out *entries = listing->entries;
	uint8_t *to = (uint8_t *)entries->at + entries->len;

	memcpy(to, &entry->inode, 8);
	memcpy(to + 8, &cursor, 8);
	to[16] = (uint8_t)(entry->type >> 12);
	to[17] = (uint8_t)entry->name_len;
	memcpy(to + ENTRY_HEAD, entry->name, entry->name_len);
	entries->len += ENTRY_HEAD + entry->name_len;
	listing->next = cursor;
	return entries->max - entries->len >= ENTRY_MAX;
}

status_t names_readdir(void *context, uint64_t badge, uint32_t fid, uint64_t cursor, uint64_t *next,
                       struct ipc_out *entries)
{
	struct listing listing = {entries, cursor};
	struct vnode *node;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	if (status == OK)
		status = store_list(fs.store, vnode_inode(node), &cursor, put_entry, &listing);
	*next = listing.next;
	if (status != E_NOENT)
		return status;
	if (entries->len == 0)
		*next = 0;
	return OK;
}
