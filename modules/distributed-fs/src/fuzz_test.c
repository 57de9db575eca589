/*
 * Hostile images: metadata changed at random and sealed again, so that every tag is right
 * and only the meaning is wrong. Whatever the image says, the library must not crash, hang
 * or leave its memory; beyond that every answer is allowed. Run under sanitizers.
 */
#include <base/test.h>

#include "format.h"
#include "test/disk.h"
#include "test/forge.h"
#include "test/sample.h"

#define READS_MAX 2000000u /* blocks one trial may read; more is a hang */

static uint8_t scratch[64 * 1024];

/* ---- Changing metadata ---- */

static uint64_t odd_value(struct random *random)
{
	static const uint64_t odd[] = {0,          1,          2,          7,
	                               8,          255,        256,        4095,
	                               4096,       4097,       65535,      1u << 31,
	                               UINT32_MAX, 1ull << 60, 1ull << 63, UINT64_MAX - 1,
	                               UINT64_MAX};

	if (random_below(random, 3) == 0)
		return random_next(random) >> random_below(random, 64);
	return odd[random_below(random, sizeof(odd) / sizeof(odd[0]))];
}

static void put_value(uint8_t *block, size_t bytes, struct random *random)
{
	size_t width = (size_t)1 << random_below(random, 4);
	size_t at = random_below(random, bytes / width) * width;
	uint64_t value = odd_value(random);

	memcpy(block + at, &value, width);
}

static void move_bytes(uint8_t *block, const uint8_t *from, struct random *random)
{
	size_t count = 8 * (1 + random_below(random, 16));

	memmove(block + 8 * random_below(random, (BLOCK_BYTES - count) / 8),
	        from + 8 * random_below(random, (BLOCK_BYTES - count) / 8), count);
}

/* Another valid pointer in place of one: shared subtrees, wrong levels, loops. */
static void swap_pointer(struct disk *disk, struct disk_node *node, struct random *random)
{
	struct forge_path other;
	struct disk_node *source;

	forge_pick(disk, random, &other);
	source = (struct disk_node *)forge_target(disk, &other);
	if (other.is_space || node->head.level == 0 || source->head.level == 0)
		return;
	node->branch[forge_entry(node, random)].child =
		source->branch[forge_entry(source, random)].child;
}

/* A field inside an item, so that the change means something. */
static void change_item(struct disk_node *node, struct random *random)
{
	struct leaf_slot *slot;
	uint64_t value = odd_value(random);

	if (node->head.level > 0 || node->head.count == 0)
		return;
	slot = &node->slot[forge_entry(node, random)];
	if (slot->length >= 8 && slot->offset + slot->length <= BLOCK_BYTES)
		memcpy((uint8_t *)node + slot->offset + random_below(random, slot->length - 7u),
		       &value, 1 + random_below(random, 8));
	else
		slot->key.where ^= 1ull << random_below(random, 64);
}

static void change_key(struct disk_node *node, struct random *random)
{
	struct tree_key *key;

	if (node->head.count == 0)
		return;
	key = node->head.level == 0 ? &node->slot[forge_entry(node, random)].key
	                            : &node->branch[forge_entry(node, random)].key;
	if (random_below(random, 2) == 0)
		key->object += random_below(random, 5) - 2;
	else
		key->where += random_below(random, 5) - 2;
}

/* Takes an entry out properly, so that the node is valid but something is missing. */
static void lose_item(struct disk_node *node, struct random *random)
{
	unsigned int last = node->head.count;

	if (last < 2)
		return;
	if (random_below(random, 2) == 0 || node->head.level > 0)
		node->head.count = (uint16_t)(1 + random_below(random, last - 1));
	else
		node->slot[0].key.where ^= odd_value(random);
}

static void change_block(struct disk *disk, uint8_t *block, struct random *random)
{
	struct disk_node *node = (struct disk_node *)block;

	switch (random_below(random, 10)) {
	case 0: block[random_below(random, BLOCK_BYTES)] ^= 1 << random_below(random, 8); break;
	case 1: put_value(block, BLOCK_BYTES, random); break;
	case 2: put_value(block, 128, random); break;
	case 3: move_bytes(block, block, random); break;
	case 4: swap_pointer(disk, node, random); break;
	case 5: change_key(node, random); break;
	case 6: lose_item(node, random); break;
	default: change_item(node, random); break;
	}
}

/* Every block the forger touches is journalled first. */
static void forge(struct disk *disk, struct random *random)
{
	struct forge_path path;

	if (random_below(random, 15) == 0) {
		put_value((uint8_t *)forge_super(disk) + 20, SUPER_BYTES - 36, random);
		forge_seal_super(disk);
		return;
	}
	forge_pick(disk, random, &path);
	for (uint64_t n = 1 + random_below(random, 3); n > 0; n--) {
		if (path.is_space)
			put_value(forge_target(disk, &path), BLOCK_BYTES, random);
		else
			change_block(disk, forge_target(disk, &path), random);
	}
	forge_seal(disk, &path);
}

/* ---- Using what came of it ---- */

struct victim {
	struct disk *disk;
	struct store *store;
	struct random *random;
	unsigned int visits; /* left to make */
};

static void visit_inode(struct victim *victim, uint64_t inode)
{
	struct store_attr attr;
	uint64_t offset = 0;
	size_t len = 0;

	if (store_getattr(victim->store, inode, &attr) == OK && (attr.mode & 1) != 0)
		offset = attr.size / 2;
	if (store_read(victim->store, inode, offset, scratch, sizeof(scratch), &len) == OK)
		CHECK(len <= sizeof(scratch));
	if (store_readlink(victim->store, inode, (char *)scratch, sizeof(scratch), &len) == OK)
		CHECK(len <= sizeof(scratch));
	(void)!store_next_data(victim->store, inode, &offset);
	(void)!store_next_hole(victim->store, inode, &offset);
}

static void visit_dir(struct victim *victim, uint64_t dir, unsigned int depth)
{
	struct store_dirent entry;
	uint64_t cursor = 0;
	uint64_t inode;

	while (victim->visits > 0 && store_readdir(victim->store, dir, &cursor, &entry) == OK) {
		victim->visits--;
		(void)!store_lookup(victim->store, dir, entry.name, entry.name_len, &inode);
		visit_inode(victim, entry.inode);
		if (entry.type == STORE_TYPE_DIR && depth < 10)
			visit_dir(victim, entry.inode, depth + 1);
	}
}

/* Some entry of some directory. */
static bool pick_entry(struct victim *victim, uint64_t dir, struct store_dirent *out)
{
	uint64_t cursor = random_next(victim->random) & ITEM_WHERE_MASK;

	if (store_readdir(victim->store, dir, &cursor, out) == OK)
		return true;
	cursor = 0;
	return store_readdir(victim->store, dir, &cursor, out) == OK;
}

static uint64_t pick_dir(struct victim *victim)
{
	struct store_dirent entry;

	if (random_below(victim->random, 3) != 0 && pick_entry(victim, STORE_ROOT_INODE, &entry) &&
	    entry.type == STORE_TYPE_DIR)
		return entry.inode;
	return STORE_ROOT_INODE;
}

static void change_something(struct victim *victim)
{
	static const struct store_new how = {.mode = STORE_TYPE_FILE | 0600};
	struct store *store = victim->store;
	uint64_t dir = pick_dir(victim);
	struct store_dirent entry;
	uint64_t inode = 0;
	size_t len;

	if (!pick_entry(victim, dir, &entry))
		return;
	switch (random_below(victim->random, 9)) {
	case 0: (void)!store_unlink(store, dir, entry.name, entry.name_len); break;
	case 1: (void)!store_rmdir(store, dir, entry.name, entry.name_len); break;
	case 2:
		(void)!store_truncate(store, entry.inode, random_below(victim->random, 30000));
		break;
	case 3:
		(void)!store_write(store, entry.inode, random_below(victim->random, 50000), scratch,
		                   random_below(victim->random, sizeof(scratch)), &len);
		break;
	case 4: (void)!store_create(store, dir, "new", 3, &how, &inode); break;
	case 5: (void)!store_mkdir(store, dir, "new-dir", 7, &how, &inode); break;
	case 6: (void)!store_link(store, STORE_ROOT_INODE, "linked", 6, entry.inode); break;
	case 7:
		(void)!store_rename(store, dir, entry.name, entry.name_len, pick_dir(victim),
		                    "renamed", 7,
		                    random_below(victim->random, 2) * STORE_RENAME_EXCHANGE);
		break;
	default: (void)!store_symlink(store, dir, "sym", 3, "target", 6, &how, &inode); break;
	}
}

static void use(struct victim *victim)
{
	struct store_check check = {.finding = NULL};

	(void)!store_check(victim->store, &check);
	victim->visits = 300;
	visit_dir(victim, STORE_ROOT_INODE, 0);
	for (unsigned int i = 0; i < 25; i++) {
		change_something(victim);
		if (i % 8 == 7)
			(void)!store_commit(victim->store);
	}
	if (store_commit(victim->store) == OK)
		(void)!store_check(victim->store, &check);
}

static bool try_trial(struct disk *disk, struct random *random)
{
	struct victim victim = {.disk = disk, .random = random};
	uint64_t reads = disk->reads;
	bool is_open;

	is_open = store_open(&disk->ops, NULL, &victim.store, NULL) == OK;
	if (is_open) {
		use(&victim);
		store_close(victim.store);
	}
	CHECK(disk->reads - reads < READS_MAX);
	CHECK_EQ(disk->memory_now, 0);
	return is_open;
}

static void keep_all(struct disk *disk, uint8_t *copy)
{
	memcpy(copy, disk->bytes, (size_t)SAMPLE_BLOCKS * STORE_BLOCK_BYTES);
}

/* Puts back the blocks that differ; most are as they were. */
static void put_back(struct disk *disk, const uint8_t *copy)
{
	for (uint64_t block = 0; block < SAMPLE_BLOCKS; block++) {
		const uint8_t *was = copy + block * STORE_BLOCK_BYTES;

		if (memcmp(disk_block(disk, block), was, STORE_BLOCK_BYTES) != 0)
			memcpy(disk_block(disk, block), was, STORE_BLOCK_BYTES);
	}
}

TEST(sealed_nonsense_does_no_harm)
{
	uint8_t *copy = malloc((size_t)SAMPLE_BLOCKS * STORE_BLOCK_BYTES);
	unsigned int cases = test_rounds(3000);
	unsigned int opened = 0;
	struct random random;
	struct disk disk;

	sample_make(&disk, test_seed());
	keep_all(&disk, copy);
	for (unsigned int i = 0; i < cases; i++) {
		random_seed(&random, test_seed() * 1000003 + i);
		forge(&disk, &random);
		opened += try_trial(&disk, &random);
		put_back(&disk, copy);
	}
	printf("  %u images, %u opened\n", cases, opened);
	CHECK(opened > cases / 4);
	free(copy);
	disk_free(&disk);
}

TEST_MAIN();
