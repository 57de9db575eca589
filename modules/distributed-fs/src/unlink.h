/* Taking an inode's name away; shared by unlink and rename. */
#pragma once

#include "format.h"

struct store;

/* The inode that an entry of `dir` names; E_CORRUPT when no entry can name it. */
CHECKED status_t unlink_get(struct store *store, uint64_t dir, uint64_t number,
                            struct disk_inode *out);
/* May `inode` lose a name as a directory (or as something else)? */
CHECKED status_t unlink_check(const struct disk_inode *inode, bool is_rmdir);
/* Two tree changes: one name less; notes an orphan when it was the last. */
CHECKED status_t unlink_inode(struct store *store, uint64_t number, struct disk_inode *inode);
/* Afterwards, as an operation of its own: frees the inode if nothing holds it. */
CHECKED status_t unlink_finish(struct store *store, uint64_t number);
