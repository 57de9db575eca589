/*
 * Page map: from page index to a 64-bit slot (an address with flags), for memory objects. A radix tree of
 * 64-way nodes that grows with the highest index used.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct domain;
struct pagemap_node;

#define PAGEMAP_RUN 64u /* slots of that many indices, from a multiple of it on, lie side by side */

struct pagemap {
	struct pagemap_node *root;
	unsigned height; /* levels; 0: empty */
};

uint64_t *pagemap_find(const struct pagemap *map,
                       uint64_t index); /* null: no slot; slots may be 0 */
uint64_t *pagemap_make(struct pagemap *map, struct domain *domain,
                       uint64_t index); /* null: no memory */
/* The first slot that is not 0 at or above *index, which is set to where it is; null when none. */
uint64_t *pagemap_next(const struct pagemap *map, uint64_t *index);
/* All slots must be 0. True when nothing is left; it cannot be used any more from the first step on. */
bool pagemap_free(struct pagemap *map, struct domain *domain, unsigned *budget);
