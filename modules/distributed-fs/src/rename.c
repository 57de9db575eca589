/*
 * Renaming, within a directory or between two, replacing what is there if it may be
 * replaced. One transaction: a crash leaves the old name or the new one, never both or
 * none. What was replaced is freed afterwards, like anything unlinked.
 */
#include "btree.h"
#include "dirent.h"
#include "inode.h"
#include "rename.h"
#include "store_private.h"
#include "tx.h"
#include "unlink.h"

#define DEPTH_MAX 65536u /* directories above a directory; more is a loop */

/* Everything a rename looks at; filled by the checks, changed by the act. */
struct renaming {
	uint64_t from_dir;
	uint64_t to_dir;
	struct name from;
	struct name to;
	struct disk_inode from_inode; /* the directories; equal when they are the same */
	struct disk_inode to_inode;
	struct dirent_place from_place;
	struct dirent_place to_place;
	struct disk_inode moved;
	struct disk_inode replaced;
	bool is_replacing;
	bool is_moved_dir;
};

status_t rename_check_not_below(struct store *store, uint64_t inode, uint64_t dir)
{
	struct disk_inode disk;

	for (unsigned int depth = 0; depth < DEPTH_MAX; depth++) {
		status_t status;

		if (dir == inode)
			return E_INVAL;
		if (dir == STORE_ROOT_INODE)
			return OK;
		status = tx_begin_read(store);
		if (status == OK)
			status = inode_get(store, dir, &disk);
		if (status != OK)
			return status;
		dir = disk.parent;
	}
	return E_CORRUPT;
}

static status_t find_source(struct store *store, struct renaming *work)
{
	status_t status = inode_get_dir(store, work->from_dir, &work->from_inode);

	if (status == OK)
		status = inode_get_dir(store, work->to_dir, &work->to_inode);
	if (status == OK)
		status = name_check(work->from);
	if (status == OK)
		status = name_check(work->to);
	if (status == OK)
		status = dirent_find(store, work->from_dir, work->from, &work->from_place);
	if (status == OK)
		status = unlink_get(store, work->from_dir, work->from_place.inode, &work->moved);
	work->is_moved_dir = status == OK && inode_is_dir(&work->moved);
	return status;
}

static status_t find_target(struct store *store, struct renaming *work, uint32_t flags)
{
	status_t status = dirent_find(store, work->to_dir, work->to, &work->to_place);

	if (status == E_NOENT) {
		bool adds_dir = work->is_moved_dir && work->from_dir != work->to_dir;

		return adds_dir && work->to_inode.links >= STORE_LINK_MAX ? E_MLINK : OK;
	}
	if (status != OK)
		return status;
	if ((flags & STORE_RENAME_NOREPLACE) != 0)
		return E_EXIST;
	work->is_replacing = true;
	status = unlink_get(store, work->to_dir, work->to_place.inode, &work->replaced);
	/* A directory that holds the source cannot be empty, unless it lies. */
	if (status == OK && work->to_place.inode == work->from_dir)
		status = E_NOTEMPTY;
	return status == OK ? unlink_check(&work->replaced, work->is_moved_dir) : status;
}

/* The new entry: over the old one, or beside the others. */
static status_t put_entry(struct store *store, struct renaming *work)
{
	uint64_t inode = work->from_place.inode;
	status_t status;

	if (!work->is_replacing)
		return dirent_insert(store, work->to_place.key, work->to, inode, work->moved.mode);
	status = dirent_replace(store, work->to_place.key, work->to, inode, work->moved.mode);
	return status == OK ? unlink_inode(store, work->to_place.inode, &work->replaced) : status;
}

/* Counts in the directories' sizes and links what has come and gone. */
static void count_entries(struct renaming *work, struct disk_inode *from, struct disk_inode *to)
{
	from->size -= from->size > 0;
	to->size += !work->is_replacing;
	if (!work->is_moved_dir)
		return;
	from->links -= from->links > 2;
	to->links += !work->is_replacing;
}

static status_t put_dirs(struct store *store, struct renaming *work, int64_t now)
{
	bool is_same = work->from_dir == work->to_dir;
	struct disk_inode *to = is_same ? &work->from_inode : &work->to_inode;
	status_t status;

	count_entries(work, &work->from_inode, to);
	work->from_inode.mtime_ns = work->from_inode.ctime_ns = now;
	to->mtime_ns = to->ctime_ns = now;
	status = inode_put(store, work->from_dir, &work->from_inode);
	return status == OK && !is_same ? inode_put(store, work->to_dir, to) : status;
}

static status_t act(struct store *store, struct renaming *work)
{
	int64_t now = store->ops.now(store->ops.context);
	status_t status = put_entry(store, work);

	if (status == OK)
		status = btree_remove(store, work->from_place.key);
	if (status == OK)
		status = put_dirs(store, work, now);
	if (status != OK)
		return status;
	work->moved.ctime_ns = now;
	if (work->is_moved_dir)
		work->moved.parent = work->to_dir;
	return inode_put(store, work->from_place.inode, &work->moved);
}

static bool is_no_change(const struct renaming *work)
{
	return work->is_replacing && work->from_place.inode == work->to_place.inode;
}

static status_t rename_within(struct store *store, struct renaming *work, uint32_t flags)
{
	status_t status = find_source(store, work);

	if (status == OK)
		status = find_target(store, work, flags);
	if (is_no_change(work) && (status == OK || work->is_moved_dir)) {
		work->is_replacing = false;
		return OK;
	}
	return status == OK ? act(store, work) : status;
}

/* The only check that walks far, so it comes before the operation proper. */
static status_t check_loop(struct store *store, struct renaming *work)
{
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = find_source(store, work);
	if (status != OK || !work->is_moved_dir || work->from_dir == work->to_dir)
		return status;
	return rename_check_not_below(store, work->from_place.inode, work->to_dir);
}

status_t store_rename(struct store *store, uint64_t from_dir, const char *from, size_t from_len,
                      uint64_t to_dir, const char *to, size_t to_len, uint32_t flags)
{
	struct renaming work = {.from_dir = from_dir,
	                        .to_dir = to_dir,
	                        .from = {from, from_len},
	                        .to = {to, to_len}};
	status_t status;

	if ((flags & STORE_RENAME_EXCHANGE) != 0)
		return rename_exchange(store, from_dir, work.from, to_dir, work.to);
	status = check_loop(store, &work);
	if (status == OK)
		status = tx_begin(store, to_len > from_len ? TX_KEEP : TX_SHRINK, 8, 0);
	if (status == OK)
		status = tx_end(store, rename_within(store, &work, flags));
	if (status == OK && work.is_replacing)
		status = unlink_finish(store, work.to_place.inode);
	return status;
}
