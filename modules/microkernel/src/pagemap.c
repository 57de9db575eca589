/*
 * Page maps. Nodes are made on the way down and kept until the map is freed.
 */
#include "pagemap.h"
#include <stddef.h>
#include <base/assert.h>
#include "kalloc.h"
#include "progress.h"

#define FANOUT_BITS 6u
#define FANOUT (1u << FANOUT_BITS)
STATIC_ASSERT(FANOUT == PAGEMAP_RUN);
#define HEIGHT_MAX 9u /* 54 bits of index: all of a 64-bit offset */

struct pagemap_node {
	uint64_t slots[FANOUT]; /* values at the bottom, pointers above */
};

static struct pagemap_node *child_of(const struct pagemap_node *node, unsigned i)
{
	return (struct pagemap_node *)node->slots[i];
}

static bool covers(const struct pagemap *map, uint64_t index)
{
	return map->height &&
	       (map->height >= HEIGHT_MAX || index >> (map->height * FANOUT_BITS) == 0);
}

static unsigned digit(uint64_t index, unsigned level)
{
	return (unsigned)(index >> (level * FANOUT_BITS)) & (FANOUT - 1);
}

uint64_t *pagemap_find(const struct pagemap *map, uint64_t index)
{
	struct pagemap_node *node = map->root;

	if (!covers(map, index))
		return NULL;
	for (unsigned level = map->height - 1; level > 0; level--) {
		node = child_of(node, digit(index, level));
		if (!node)
			return NULL;
	}
	return &node->slots[digit(index, 0)];
}

static bool grow(struct pagemap *map, struct domain *domain, uint64_t index)
{
	while (!covers(map, index)) {
		struct pagemap_node *node = kalloc(domain, sizeof(*node));

		if (!node)
			return false;
		node->slots[0] = (uint64_t)map->root;
		map->root = node;
		map->height++;
	}
	return true;
}

uint64_t *pagemap_make(struct pagemap *map, struct domain *domain, uint64_t index)
{
	struct pagemap_node *node;

	if (!grow(map, domain, index))
		return NULL;
	node = map->root;
	for (unsigned level = map->height - 1; level > 0; level--) {
		uint64_t *slot = &node->slots[digit(index, level)];

		if (!*slot)
			*slot = (uint64_t)kalloc(domain, sizeof(*node));
		if (!*slot)
			return NULL;
		node = (struct pagemap_node *)*slot;
	}
	return &node->slots[digit(index, 0)];
}

/* Descends to the bottom node for index, or says from which index on to look again. */
static struct pagemap_node *bottom_node(const struct pagemap *map, uint64_t index,
                                        uint64_t *out_next)
{
	struct pagemap_node *node = map->root;

	for (unsigned level = map->height - 1; level > 0; level--) {
		uint64_t span = 1ull << (level * FANOUT_BITS);

		node = child_of(node, digit(index, level));
		if (!node) {
			*out_next = (index & ~(span - 1)) + span;
			return NULL;
		}
	}
	return node;
}

uint64_t *pagemap_next(const struct pagemap *map, uint64_t *index)
{
	uint64_t at = *index;

	while (covers(map, at)) {
		uint64_t next = (at | (FANOUT - 1)) + 1;
		struct pagemap_node *node = bottom_node(map, at, &next);

		for (; node && at < next; at++) {
			if (node->slots[digit(at, 0)]) {
				*index = at;
				return &node->slots[digit(at, 0)];
			}
		}
		if (next <= *index)
			return NULL;
		at = next;
	}
	return NULL;
}

/* Frees a node's first child that has none of its own; the tree shrinks from its leaves, without recursion. */
static void free_one_leaf(struct pagemap *map, struct domain *domain)
{
	uint64_t *holder = (uint64_t *)&map->root;
	struct pagemap_node *node = map->root;
	unsigned level = map->height - 1;

	while (level > 0) {
		unsigned i = 0;

		while (i < FANOUT && !node->slots[i])
			i++;
		if (i == FANOUT)
			break;
		holder = &node->slots[i];
		node = child_of(node, i);
		level--;
	}
	*holder = 0;
	kfree(domain, node);
}

bool pagemap_free(struct pagemap *map, struct domain *domain, unsigned *budget)
{
	while (map->root) {
		if (!budget_take(budget))
			return false;
		free_one_leaf(map, domain);
	}
	map->height = 0;
	return true;
}
