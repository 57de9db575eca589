/*
 * Making a change: one call of the store, with the clock and the random numbers held still.
 */
#include "change.h"
#include "clock.h"

static struct store_new made_as(const struct change *c)
{
	return (struct store_new){.mode = c->mode, .uid = c->uid, .gid = c->gid, .rdev = c->rdev};
}

static status_t make_name(struct store *store, struct change *c, const struct change_names *n)
{
	const struct store_new how = made_as(c);

	switch (c->kind) {
	case CHANGE_CREATE:
		return store_create(store, c->dir, n->first, c->first_len, &how, &c->inode);
	case CHANGE_MKDIR:
		return store_mkdir(store, c->dir, n->first, c->first_len, &how, &c->inode);
	default:
		return store_symlink(store, c->dir, n->first, c->first_len, n->second,
		                     c->second_len, &how, &c->inode);
	}
}

static status_t set_attributes(struct store *store, const struct change *c)
{
	const struct store_attr attr = {.mode = c->mode,
	                                .uid = c->uid,
	                                .gid = c->gid,
	                                .atime_ns = c->atime_ns,
	                                .mtime_ns = c->mtime_ns};

	return store_setattr(store, c->inode, c->flags, &attr);
}

static status_t make(struct store *store, struct change *c, const struct change_names *n)
{
	switch (c->kind) {
	case CHANGE_CREATE:
	case CHANGE_MKDIR:
	case CHANGE_SYMLINK: return make_name(store, c, n);
	case CHANGE_LINK: return store_link(store, c->dir, n->first, c->first_len, c->inode);
	case CHANGE_UNLINK: return store_unlink(store, c->dir, n->first, c->first_len);
	case CHANGE_RMDIR: return store_rmdir(store, c->dir, n->first, c->first_len);
	case CHANGE_RENAME:
		return store_rename(store, c->dir, n->first, c->first_len, c->to_dir, n->second,
		                    c->second_len, c->flags);
	case CHANGE_SETATTR: return set_attributes(store, c);
	case CHANGE_RESIZE: return store_truncate(store, c->inode, c->size);
	case CHANGE_WRITE: return OK;
	default: return E_INVAL;
	}
}

status_t change_make(struct store *store, struct change *change, const struct change_names *names)
{
	status_t status;

	clock_pretend(change->now_ns);
	clock_pretend_random(change->random);
	status = make(store, change, names);
	clock_pretend_random(0);
	clock_pretend(0);
	return status;
}
