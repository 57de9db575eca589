/* Operations within the transaction: what each one reserves, and what ends it. */
#pragma once

#include "store_os.h"

struct store;

enum tx_kind {
	TX_GROW,   /* refused when only the reserve is left */
	TX_KEEP,   /* may grow a little: may use half of the reserve */
	TX_SHRINK, /* frees, or changes in place: may use the reserve */
};

/*
 * Begins an operation that makes up to `changes` tree changes and allocates up to `data`
 * blocks for data. Commits first if that is what it takes. After OK no step of the
 * operation fails for want of nodes or blocks.
 */
CHECKED status_t tx_begin(struct store *store, enum tx_kind kind, unsigned int changes,
                          unsigned int data);
/* Ends it. A failure after the first change leaves a store that only reads. */
CHECKED status_t tx_end(struct store *store, status_t status);
/* Begins an operation that only reads. */
CHECKED status_t tx_begin_read(struct store *store);
/* Could tx_begin() of this many changes and blocks go ahead without a commit? */
bool tx_has_room(const struct store *store, unsigned int changes, unsigned int data);

uint64_t tx_reserve_blocks(const struct store *store);
