/* Parts of renaming: rename.c does one name, exchange.c two at once. */
#pragma once

#include "dirent.h"

struct store;

/* E_INVAL when directory `dir` is `inode` or lies below it. Walks far: not within an operation. */
CHECKED status_t rename_check_not_below(struct store *store, uint64_t inode, uint64_t dir);
/* A whole operation: the two names change places. */
CHECKED status_t rename_exchange(struct store *store, uint64_t from_dir, struct name from,
                                 uint64_t to_dir, struct name to);
