/*
 * A change of the store that can be made again. The store does the same when the same changes are made in the same
 * order, given the time and the random number that each of them saw; so a journal of them stands for all that was
 * changed since the last commit.
 */
#pragma once
#include <distributed-fs/store.h>

enum change_kind {
	CHANGE_CREATE = 1, /* dir, first, mode uid gid rdev; inode: what was made */
	CHANGE_MKDIR,
	CHANGE_SYMLINK, /* second: the target */
	CHANGE_LINK,    /* dir, first, inode */
	CHANGE_UNLINK,  /* dir, first */
	CHANGE_RMDIR,
	CHANGE_RENAME,  /* dir, first, to_dir, second, flags */
	CHANGE_SETATTR, /* inode, flags: STORE_SET_*, mode uid gid atime_ns mtime_ns */
	CHANGE_RESIZE,  /* inode, size */
	CHANGE_WRITE, /* inode, offset, size: pages that are written to the store; nothing to do again here */
	CHANGE_KINDS
};

/* As it lies in the journal, followed by both names and zeros up to a multiple of 8 bytes. */
struct change {
	uint32_t bytes; /* of all that */
	uint32_t kind;
	uint64_t tx; /* the commit that has it; CHANGE_PENDING, CHANGE_VOID */
	uint64_t request;
	int64_t now_ns;
	uint64_t random;
	uint64_t inode, dir, to_dir;
	uint64_t offset, size;
	uint64_t rdev;
	int64_t atime_ns, mtime_ns;
	uint32_t flags, mode, uid, gid;
	uint16_t first_len, second_len;
	uint32_t reserved;
};

#define CHANGE_PENDING UINT64_MAX /* no commit is known to have it */
#define CHANGE_VOID 0ull          /* done with */

struct change_names {
	const char *first, *second; /* not terminated */
};

/* Makes the change as of change->now_ns and change->random; sets the inode of what is made. */
STORE_CHECKED status_t change_make(struct store *store, struct change *change,
                                   const struct change_names *names);
