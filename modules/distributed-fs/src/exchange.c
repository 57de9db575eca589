/*
 * Exchanging two names in one transaction: each then names what the other did. Nothing is
 * removed; only entries, parents and the directories' link counts change.
 */
#include "inode.h"
#include "rename.h"
#include "store_private.h"
#include "tx.h"
#include "unlink.h"

/* One of the two names, and what it stands for. */
struct side {
	uint64_t dir;
	struct name name;
	struct disk_inode dir_inode;
	struct dirent_place place;
	struct disk_inode inode;
};

static status_t side_find(struct store *store, struct side *side)
{
	status_t status = inode_get_dir(store, side->dir, &side->dir_inode);

	if (status == OK)
		status = name_check(side->name);
	if (status == OK)
		status = dirent_find(store, side->dir, side->name, &side->place);
	if (status == OK)
		status = unlink_get(store, side->dir, side->place.inode, &side->inode);
	return status;
}

/* A directory must not come to lie below itself. */
static status_t check_loop(struct store *store, const struct side *moved, uint64_t to_dir)
{
	if (!inode_is_dir(&moved->inode) || moved->dir == to_dir)
		return OK;
	return rename_check_not_below(store, moved->place.inode, to_dir);
}

/* What was `other`'s now has this side's name. */
static status_t side_put(struct store *store, struct side *side, struct side *other, int64_t now)
{
	struct disk_inode *come = &other->inode;
	status_t status = dirent_replace(store, side->place.key, side->name, other->place.inode,
	                                 come->mode);

	come->ctime_ns = now;
	if (inode_is_dir(come))
		come->parent = side->dir;
	return status == OK ? inode_put(store, other->place.inode, come) : status;
}

static status_t put_dir(struct store *store, struct side *side, const struct side *other,
                        int64_t now)
{
	side->dir_inode.mtime_ns = side->dir_inode.ctime_ns = now;
	if (side->dir != other->dir) {
		side->dir_inode.links += inode_is_dir(&other->inode);
		side->dir_inode.links -= inode_is_dir(&side->inode);
	}
	return inode_put(store, side->dir, &side->dir_inode);
}

static status_t exchange(struct store *store, struct side *from, struct side *to)
{
	int64_t now = store->ops.now(store->ops.context);
	status_t status = side_find(store, from);

	if (status == OK)
		status = side_find(store, to);
	if (status != OK || from->place.inode == to->place.inode)
		return status;
	status = side_put(store, from, to, now);
	if (status == OK)
		status = side_put(store, to, from, now);
	if (status == OK)
		status = put_dir(store, from, to, now);
	return status == OK && from->dir != to->dir ? put_dir(store, to, from, now) : status;
}

static status_t check(struct store *store, struct side *from, struct side *to)
{
	status_t status = tx_begin_read(store);

	if (status == OK)
		status = inode_get_dir(store, from->dir, &from->dir_inode);
	if (status == OK)
		status = inode_get_dir(store, to->dir, &to->dir_inode);
	if (status == OK)
		status = side_find(store, from);
	if (status == OK)
		status = side_find(store, to);
	if (status == OK)
		status = check_loop(store, from, to->dir);
	return status == OK ? check_loop(store, to, from->dir) : status;
}

status_t rename_exchange(struct store *store, uint64_t from_dir, struct name from, uint64_t to_dir,
                         struct name to)
{
	struct side left = {.dir = from_dir, .name = from};
	struct side right = {.dir = to_dir, .name = to};
	status_t status = check(store, &left, &right);

	if (status == OK)
		status = tx_begin(store, TX_SHRINK, 6, 0);
	return status == OK ? tx_end(store, exchange(store, &left, &right)) : status;
}
