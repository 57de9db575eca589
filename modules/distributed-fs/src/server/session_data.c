/*
 * The part of file.ipc that is about one file: attributes, its pages, its size, making it durable.
 */
#include "cache.h"
#include "clock.h"
#include "files.h"
#include "generations.h"
#include "journal.h"
#include "session.h"
#include "writeback.h"

#include <base/bits.h>
#include <base/string.h>

#define OPEN_WRITABLE 1u
#define SET_MODE 1u
#define SET_UID 2u
#define SET_GID 4u
#define SET_SIZE 8u
#define SET_ATIME 16u
#define SET_MTIME 32u
#define SET_ALL 63u
#define SEEK_DATA 3u
#define SEEK_HOLE 4u
#define SIZE_MAX_BYTES ((1ull << 47) - STORE_BLOCK_BYTES) /* what a memory object can be */
#define STATFS_READ_ONLY 1u
#define STATFS_MEMORY 2u

/* --- attributes --- */

status_t data_getattr(void *context, uint64_t badge, uint32_t fid, struct file_attr *a)
{
	struct vnode *node;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	return status == OK ? vnode_attr(node, a) : status;
}

static uint32_t to_store_mask(uint32_t mask)
{
	return ((mask & SET_MODE) != 0 ? STORE_SET_MODE : 0) |
	       ((mask & SET_UID) != 0 ? STORE_SET_UID : 0) |
	       ((mask & SET_GID) != 0 ? STORE_SET_GID : 0) |
	       ((mask & SET_ATIME) != 0 ? STORE_SET_ATIME : 0) |
	       ((mask & SET_MTIME) != 0 ? STORE_SET_MTIME : 0);
}

static const struct change_names no_names = {"", ""};

static status_t resize(struct vnode *node, uint64_t size)
{
	struct change change = {.kind = CHANGE_RESIZE, .inode = vnode_inode(node), .size = size};
	status_t status = OK;

	if (node->type != STORE_TYPE_FILE)
		return node->type == STORE_TYPE_DIR ? E_ISDIR : E_INVAL;
	if (size > SIZE_MAX_BYTES)
		return E_FBIG;
	if (size > node->size)
		status = cache_zero_behind_end(node);
	if (status == OK)
		status = journal_make(fs.store, &change, &no_names);
	if (status == OK)
		node->written_ns = 0; /* the store took the time */
	if (size < node->size)
		generations_raise(
			vnode_inode(node)); /* who finds the pages gone learns that they were cut */
	if (status == OK)
		status = cache_resize(node, size);
	generations_raise(vnode_inode(node));
	return status;
}

static status_t set_fields(struct vnode *node, uint32_t mask, const struct file_attr *a)
{
	struct change change = {.kind = CHANGE_SETATTR,
	                        .inode = vnode_inode(node),
	                        .flags = to_store_mask(mask),
	                        .mode = a->mode,
	                        .uid = a->uid,
	                        .gid = a->gid,
	                        .atime_ns = (int64_t)a->atime,
	                        .mtime_ns = (int64_t)a->mtime};
	status_t status = writeback_note_time(node);

	if (status != OK || change.flags == 0)
		return status;
	status = journal_make(fs.store, &change, &no_names);
	generations_raise(vnode_inode(node));
	return status;
}

status_t data_setattr(void *context, uint64_t badge, uint32_t fid, uint32_t mask,
                      const struct file_attr *a, struct file_attr *now)
{
	struct vnode *node;
	status_t status = session_vnode_to_change(context, fid, &node);

	(void)badge;
	if ((mask & ~SET_ALL) != 0)
		return E_INVAL;
	if (status == OK && (mask & SET_SIZE) != 0)
		status = resize(node, a->size);
	if (status == OK)
		status = set_fields(node, mask, a);
	return status == OK ? vnode_attr(node, now) : status;
}

/* --- content --- */

status_t data_open(void *context, uint64_t badge, uint32_t fid, uint32_t flags, handle_t *pages,
                   struct file_attr *a)
{
	bool is_writable = (flags & OPEN_WRITABLE) != 0;
	struct vnode *node;
	status_t status = is_writable ? session_vnode_to_change(context, fid, &node)
	                              : session_vnode(context, fid, &node);

	(void)badge;
	if (status != OK)
		return status;
	if (node->type != STORE_TYPE_FILE || (flags & ~OPEN_WRITABLE) != 0)
		return node->type == STORE_TYPE_DIR ? E_ISDIR : E_INVAL;
	status = cache_open(node, is_writable, pages);
	return status == OK ? vnode_attr(node, a) : status;
}

status_t data_read(void *context, uint64_t badge, uint32_t fid, uint64_t offset, uint32_t bytes,
                   struct ipc_out *data)
{
	struct vnode *node;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	if (status == OK && node->type != STORE_TYPE_FILE)
		status = node->type == STORE_TYPE_DIR ? E_ISDIR : E_INVAL;
	if (status == OK)
		status = cache_make(node);
	if (status != OK || offset >= node->size)
		return status;
	data->len = (uint32_t)MIN((uint64_t)MIN(bytes, data->max), node->size - offset);
	return cache_read(node, offset, data->at, data->len);
}

status_t data_write(void *context, uint64_t badge, uint32_t fid, uint64_t offset,
                    struct ipc_bytes data)
{
	struct vnode *node;
	uint64_t old_size, end;
	status_t status = session_vnode_to_change(context, fid, &node);

	(void)badge;
	if (status == OK && node->type != STORE_TYPE_FILE)
		status = node->type == STORE_TYPE_DIR ? E_ISDIR : E_INVAL;
	if (status == OK && !add_checked(offset, data.len, &end))
		status = E_FBIG;
	if (status == OK)
		status = cache_make(node);
	if (status != OK || data.len == 0)
		return status;
	old_size = node->size;
	if (end > old_size)
		status = resize(node, end);
	if (status == OK)
		status = cache_write(node, offset, data.at, data.len);
	if (status != OK && node->size > old_size)
		(void)resize(node, old_size); /* what was not written is not there */
	return status;
}

status_t data_grow(void *context, uint64_t badge, uint32_t fid, uint64_t size, struct file_attr *a)
{
	struct vnode *node;
	status_t status = session_vnode_to_change(context, fid, &node);

	(void)badge;
	if (status == OK && (node->type != STORE_TYPE_FILE || size > node->size))
		status = resize(node, size);
	return status == OK ? vnode_attr(node, a) : status;
}

status_t data_touch(void *context, uint64_t badge, uint32_t fid, struct file_attr *a)
{
	struct vnode *node;
	status_t status = session_vnode_to_change(context, fid, &node);

	(void)badge;
	if (status != OK)
		return status;
	node->written_ns = clock_now();
	generations_raise(vnode_inode(node));
	return vnode_attr(node, a);
}

status_t data_seek(void *context, uint64_t badge, uint32_t fid, uint64_t offset, uint32_t whence,
                   uint64_t *found)
{
	struct vnode *node;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	if (status != OK)
		return status;
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return E_INVAL;
	writeback_vnode(node); /* dirty pages in holes are data */
	*found = offset;
	status = whence == SEEK_DATA ? store_next_data(fs.store, vnode_inode(node), found)
	                             : store_next_hole(fs.store, vnode_inode(node), found);
	return status == E_NOENT ? E_RANGE : status;
}

/* --- what clients need to know --- */

status_t data_generations(void *context, uint64_t badge, handle_t *counters)
{
	(void)context;
	(void)badge;
	return generations_open(counters);
}

/* --- durable --- */

status_t data_sync(void *context, uint64_t badge, uint32_t fid, uint32_t flags)
{
	struct vnode *node;
	status_t status = session_vnode(context, fid, &node);

	(void)badge;
	(void)flags; /* data cannot be durable without the tree that leads to it */
	return status == OK ? writeback_sync(node) : status;
}

status_t data_sync_all(void *context, uint64_t badge)
{
	(void)context;
	(void)badge;
	return writeback_sync_all();
}

status_t data_statfs(void *context, uint64_t badge, uint32_t fid, uint64_t *blocks,
                     uint64_t *blocks_free, uint64_t *files_used, uint32_t *block_bytes,
                     uint32_t *flags, uint64_t *id)
{
	struct session *session = context;
	struct store_statfs space;
	struct vnode *node;
	status_t status = session_vnode(session, fid, &node);
	uint64_t promised = writeback_reserved();

	(void)badge;
	if (status != OK)
		return status;
	vnode_sweep();
	store_statfs(fs.store, &space);
	*blocks = space.data_blocks;
	*blocks_free = space.available > promised ? space.available - promised : 0;
	*files_used = space.inodes;
	*block_bytes = STORE_BLOCK_BYTES;
	*flags = (session->is_read_only || fs.is_read_only ? STATFS_READ_ONLY : 0) |
	         (fs.is_memory ? STATFS_MEMORY : 0);
	memcpy(id, space.uuid, sizeof(*id));
	return OK;
}
