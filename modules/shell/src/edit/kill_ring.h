/*
 * The last texts that were killed, to be yanked back.
 */
#pragma once
#include "edit/bytes.h"

enum { KILL_RING_SIZE = 16 };
enum kill_place { KILL_NEW, KILL_APPEND, KILL_PREPEND };

struct kill_ring {
	struct bytes texts[KILL_RING_SIZE]; /* texts[newest], then backwards to older ones */
	unsigned newest, count;
};

/* False: no memory, nothing kept. */
bool kill_ring_add(struct kill_ring *ring, const char *text, size_t len, enum kill_place place);
/* The text killed back kills before the last, round and round; NULL when there is none. */
const struct bytes *kill_ring_get(const struct kill_ring *ring, unsigned back);
void kill_ring_free(struct kill_ring *ring);
