/*
 * The forger works on the raw disk and shares nothing with the library but the format and
 * the hash. It journals what it overwrites like any write, so a trial can be rolled back.
 */
#include "forge.h"

#include <base/test.h>

#include "hash.h"

static const uint64_t copies[] = {SUPER_AREA_0, SUPER_AREA_0 + SUPER_AREA_BLOCKS - 1, SUPER_AREA_1,
                                  SUPER_AREA_1 + SUPER_AREA_BLOCKS - 1};

static struct disk_super *super_at(struct disk *disk, unsigned int copy)
{
	return (struct disk_super *)disk_block(disk, copies[copy]);
}

static unsigned int newest(struct disk *disk)
{
	return super_at(disk, 2)->commit > super_at(disk, 0)->commit ? 2 : 0;
}

struct disk_super *forge_super(struct disk *disk)
{
	return super_at(disk, newest(disk));
}

static bool is_on_disk(const struct disk *disk, uint64_t block)
{
	return block > 0 && block < disk->ops.blocks;
}

unsigned int forge_entry(const struct disk_node *node, struct random *random)
{
	unsigned int most = node->head.level == 0 ? LEAF_SLOTS_MAX : BRANCHES_MAX;
	unsigned int count = node->head.count < most ? node->head.count : most;

	return count > 0 ? (unsigned int)random_below(random, count) : 0;
}

/* Follows one random pointer down from the last block of the path; false at the bottom. */
static bool step(struct disk *disk, struct random *random, struct forge_path *path, bool is_leaf)
{
	const uint8_t *bytes = forge_target(disk, path);
	const struct disk_node *node = (const struct disk_node *)bytes;
	struct block_ptr child;
	size_t offset;

	if (is_leaf)
		return false;
	if (path->is_space)
		offset = random_below(random, 2) * sizeof(child);
	else
		offset = offsetof(struct disk_node, branch) +
		         forge_entry(node, random) * sizeof(struct branch) +
		         offsetof(struct branch, child);
	memcpy(&child, bytes + offset, sizeof(child));
	if (!is_on_disk(disk, child.address))
		return false;
	path->offset[path->count] = offset;
	path->block[path->count++] = child.address;
	return true;
}

void forge_pick(struct disk *disk, struct random *random, struct forge_path *out)
{
	const struct disk_super *super = forge_super(disk);
	unsigned int level;

	out->is_space = random_below(random, 12) == 0;
	out->count = 1;
	out->block[0] = out->is_space ? super->space.address : super->tree.address;
	level = out->is_space ? super->space.level : super->tree.level;
	/* Leaves hold the most meaning: stop above them rarely. */
	while (random_below(random, 6) != 0 && step(disk, random, out, level == 0))
		level--;
}

uint8_t *forge_target(struct disk *disk, const struct forge_path *path)
{
	return disk_block(disk, path->block[path->count - 1]);
}

static void patch(struct block_ptr *ptr, const void *block)
{
	struct hash128 tag = hash128_of(block, BLOCK_BYTES, 0);

	ptr->tag[0] = tag.half[0];
	ptr->tag[1] = tag.half[1];
}

void forge_seal(struct disk *disk, const struct forge_path *path)
{
	struct disk_super *super = forge_super(disk);

	for (unsigned int i = path->count - 1; i > 0; i--) {
		struct block_ptr ptr;
		uint8_t *at = disk_block(disk, path->block[i - 1]) + path->offset[i];

		memcpy(&ptr, at, sizeof(ptr));
		patch(&ptr, disk_block(disk, path->block[i]));
		memcpy(at, &ptr, sizeof(ptr));
	}
	patch(path->is_space ? &super->space : &super->tree, disk_block(disk, path->block[0]));
	forge_seal_super(disk);
}

void forge_seal_super(struct disk *disk)
{
	unsigned int copy = newest(disk);
	struct disk_super *super = super_at(disk, copy);
	struct hash128 tag = hash128_of(super, offsetof(struct disk_super, tag), 0);

	super->tag[0] = tag.half[0];
	super->tag[1] = tag.half[1];
	memcpy(super_at(disk, copy ^ 1), super, STORE_BLOCK_BYTES);
}
