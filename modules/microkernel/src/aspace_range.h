/*
 * What the files about ranges of address spaces share.
 */
#pragma once
#include "aspace.h"

/* progress->phase of what looks for a free range, and of remap. */
enum range_phase {
	SEARCH_ALL = 1, /* from the top of the space */
	SEARCH_PART,    /* not all of it was seen: it has to be from the top once more */
	REMAP_PREPARE,
	REMAP_MOVE,
	REMAP_GIVE_UP,
	REMAP_CUT,
};

status_t range_check(const struct aspace *aspace, uint64_t address, uint64_t bytes);
bool range_is_free(struct aspace *aspace, uint64_t address, uint64_t bytes);
/* After this, mappings lie wholly inside or wholly outside [start, end). Mostly one is there, or none. */
status_t range_split_edges(struct aspace *aspace, uint64_t start, uint64_t end);
/* A free range: as near below the hint as it goes; 0: as high as it goes. */
status_t range_choose(struct aspace *aspace, uint64_t hint, uint64_t bytes,
                      struct progress *progress, unsigned *budget, uint64_t *out);
