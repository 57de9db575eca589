/* Forging: changes blocks of a disk and seals them again, as an attacker would. */
#pragma once

#include <base/random.h>

#include "format.h"
#include "disk.h"

/* The way to one block of metadata: pointers to patch, from the super-block's down. */
struct forge_path {
	unsigned int count;
	uint64_t block[NODE_LEVELS_MAX]; /* block[0] is named by the super-block */
	size_t offset[NODE_LEVELS_MAX];  /* of the pointer to block[i], in block[i - 1] */
	bool is_space;                   /* in the space map, not the tree */
};

/* The newest super-block on the disk. */
struct disk_super *forge_super(struct disk *disk);
/* An entry of a node, whatever its count says by now; a node that says it has none has one. */
unsigned int forge_entry(const struct disk_node *node, struct random *random);
/* A random block of the tree or of the space map. */
void forge_pick(struct disk *disk, struct random *random, struct forge_path *out);
uint8_t *forge_target(struct disk *disk, const struct forge_path *path);
/* Seals the path's last block and all above it, and the super-block in both copies. */
void forge_seal(struct disk *disk, const struct forge_path *path);
void forge_seal_super(struct disk *disk);
