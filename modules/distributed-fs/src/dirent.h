/* Directory entries in the tree; see dirent.c. */
#pragma once

#include <distributed-fs/store.h>

#include "format.h"

struct store;

struct name {
	const char *bytes;
	size_t len;
};

/* Where an entry is, or where it would go. */
struct dirent_place {
	struct tree_key key;
	uint64_t inode;
	uint32_t type; /* STORE_TYPE_* */
};

/* May this become an entry? E_INVAL for "", ".", ".." and names with '/' or zero. */
CHECKED status_t name_check(struct name name);
uint64_t name_hash(const struct store *store, struct name name);
/* E_NOENT when there is none; then out->key is where to insert it. */
CHECKED status_t dirent_find(struct store *store, uint64_t dir, struct name name,
                             struct dirent_place *out);
/* One tree change each. */
CHECKED status_t dirent_insert(struct store *store, struct tree_key key, struct name name,
                               uint64_t inode, uint32_t mode);
CHECKED status_t dirent_replace(struct store *store, struct tree_key key, struct name name,
                                uint64_t inode, uint32_t mode);
