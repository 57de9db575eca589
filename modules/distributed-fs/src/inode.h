/* Inodes in the tree, their orphans and their references; see inode.c and orphan.c. */
#pragma once

#include <distributed-fs/store.h>

#include "format.h"

struct store;

/* E_STALE when there is no such inode, E_CORRUPT when it makes no sense. */
CHECKED status_t inode_get(struct store *store, uint64_t number, struct disk_inode *out);
/* The same for a directory that still has a name: E_NOTDIR, E_NOENT. */
CHECKED status_t inode_get_dir(struct store *store, uint64_t number, struct disk_inode *out);
/* The same for a regular file: E_ISDIR, E_INVAL. */
CHECKED status_t inode_get_file(struct store *store, uint64_t number, struct disk_inode *out);
CHECKED status_t inode_put(struct store *store, uint64_t number, const struct disk_inode *inode);
/* One tree change: a new inode with a new number. */
CHECKED status_t inode_make(struct store *store, const struct store_new *how, uint64_t parent,
                            uint64_t size, uint64_t *out_number);
bool inode_makes_sense(const struct disk_inode *inode);
bool inode_is_dir(const struct disk_inode *inode);
/* Blocks that a file of this size spans. */
uint64_t inode_span(uint64_t size);

/* One tree change: notes that an inode's blocks (all, or those behind its end) must go. */
CHECKED status_t orphan_add(struct store *store, uint64_t number);
/* Does what the note says and removes it. Several operations: not within one. */
CHECKED status_t orphan_reap(struct store *store, uint64_t number);
/* Reaps every orphan that nobody holds open. */
CHECKED status_t orphan_reap_all(struct store *store);

uint64_t open_ref_count(const struct store *store, uint64_t number);
void open_ref_close_all(struct store *store);
