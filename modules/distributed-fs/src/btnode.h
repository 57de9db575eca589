/* One tree node: searching and editing its 4 KiB; see btnode.c. */
#pragma once

#include "format.h"

/* Where block pointers in a node may point, and how young they may be. */
struct btnode_limits {
	uint64_t first;
	uint64_t end;
	uint64_t commit;
};

int tree_key_compare(struct tree_key left, struct tree_key right);

void btnode_init(struct disk_node *node, uint8_t level, uint64_t birth, uint64_t store);
/* Accepts exactly what the functions below produce. */
bool btnode_is_valid(const struct disk_node *node, unsigned int level,
                     const struct btnode_limits *limits);

/* Do all its keys lie in [low, high)? */
bool btnode_is_within(const struct disk_node *node, struct tree_key low, struct tree_key high);

struct tree_key btnode_key(const struct disk_node *node, unsigned int index);
/* Bytes of the body in use. */
unsigned int btnode_used(const struct disk_node *node);
/* Appends entries [from, to) of `source`, which must fit, behind the last of `node`. */
void btnode_append(struct disk_node *node, const struct disk_node *source, unsigned int from,
                   unsigned int to);
void btnode_truncate(struct disk_node *node, unsigned int count);

/* Leaves. leaf_search: first slot whose key is not smaller than `key`. */
unsigned int leaf_search(const struct disk_node *node, struct tree_key key);
unsigned int leaf_item_bytes(unsigned int length);
void *leaf_payload(struct disk_node *node, unsigned int index);
void leaf_insert(struct disk_node *node, unsigned int index, struct tree_key key, const void *data,
                 unsigned int length);
void leaf_remove(struct disk_node *node, unsigned int index);

/* Branches. branch_search: the child that holds `key`. */
unsigned int branch_search(const struct disk_node *node, struct tree_key key);
void branch_insert(struct disk_node *node, unsigned int index, struct tree_key key,
                   const struct block_ptr *child);
void branch_remove(struct disk_node *node, unsigned int index);
