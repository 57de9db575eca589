/*
 * The full disk: growing is refused cleanly, deleting and committing always work, and all
 * space comes back. Also the space map of disks with several groups and levels.
 */
#include <base/random.h>
#include <base/test.h>

#include "space.h"
#include "test/disk.h"

static const struct store_new as_file = {.mode = STORE_TYPE_FILE | 0644};

static uint64_t free_blocks(struct store *store)
{
	struct store_statfs fs;

	store_statfs(store, &fs);
	return fs.free;
}

/* Writes files of `bytes` each until the disk is full; returns how many there are. */
static unsigned int fill(struct store *store, size_t bytes, unsigned int first)
{
	static uint8_t data[1 << 20];
	unsigned int count = first;

	memset(data, 0xa5, sizeof(data));
	for (;; count++) {
		char name[16];
		uint64_t inode;
		size_t len = 0;
		status_t status;

		snprintf(name, sizeof(name), "f%u", count);
		status = store_create(store, 1, name, strlen(name), &as_file, &inode);
		if (status == OK && bytes > 0)
			status = store_write(store, inode, 0, data, bytes, &len);
		if (status == OK && len == bytes)
			continue;
		CHECK(status == E_NOSPC || status == OK);
		return count;
	}
}

static void remove_all(struct store *store)
{
	struct store_dirent entry;
	uint64_t cursor = 0;

	while (store_readdir(store, 1, &cursor, &entry) == OK)
		CHECK_EQ(store_unlink(store, 1, entry.name, entry.name_len), OK);
}

static void fill_and_empty(size_t bytes, uint64_t blocks)
{
	struct disk disk;
	struct store *store;
	uint64_t before;
	unsigned int count;

	disk_init(&disk, blocks, test_seed());
	store = disk_format(&disk, false);
	before = free_blocks(store);
	for (unsigned int round = 0; round < 3; round++) {
		count = fill(store, bytes, 0);
		CHECK(count > 10);
		CHECK_EQ(store_commit(store), OK);
		CHECK_EQ(disk_findings(store, false), 0);
		remove_all(store);
		CHECK_EQ(store_commit(store), OK);
		CHECK_EQ(free_blocks(store), before);
		CHECK_EQ(disk_findings(store, false), 0);
	}
	store_close(store);
	disk_free(&disk);
}

TEST(filling_with_large_files)
{
	fill_and_empty(300000, STORE_BLOCKS_MIN);
}

TEST(filling_with_small_files)
{
	fill_and_empty(100, STORE_BLOCKS_MIN);
}

TEST(filling_with_names)
{
	fill_and_empty(0, STORE_BLOCKS_MIN);
}

/* Changes that need no more space than before work on a full disk, again and again. */
TEST(a_full_disk_still_changes)
{
	struct disk disk;
	struct store *store;
	unsigned int count;

	disk_init(&disk, STORE_BLOCKS_MIN, test_seed());
	store = disk_format(&disk, false);
	count = fill(store, 8192, 0);
	for (unsigned int i = 0; i < 2000; i++) {
		struct store_attr attr = {.mode = i & 0777};
		char name[16];
		uint64_t inode;

		snprintf(name, sizeof(name), "f%u", i % count);
		CHECK_EQ(store_lookup(store, 1, name, strlen(name), &inode), OK);
		CHECK_EQ(store_setattr(store, inode, STORE_SET_MODE, &attr), OK);
		CHECK_EQ(store_rename(store, 1, name, strlen(name), 1, "other", 5, 0), OK);
		CHECK_EQ(store_rename(store, 1, "other", 5, 1, name, strlen(name), 0), OK);
		if (i % 10 == 0)
			CHECK_EQ(store_commit(store), OK);
	}
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	CHECK_EQ(store_lookup(store, 1, "f3", 2, &(uint64_t){0}), OK);
	remove_all(store);
	CHECK_EQ(store_commit(store), OK);
	store_close(store);
	disk_free(&disk);
}

/* Longer names need space as new ones do; the reserve stays for deleting. */
TEST(renaming_on_a_full_disk)
{
	char name[16];
	char longest[STORE_NAME_MAX];
	struct disk disk;
	struct store *store;
	unsigned int count;

	disk_init(&disk, STORE_BLOCKS_MIN, test_seed());
	store = disk_format(&disk, false);
	count = fill(store, 0, 0);
	memset(longest, 'x', sizeof(longest));
	for (unsigned int i = 0; i < count; i++) {
		int len = snprintf(name, sizeof(name), "f%u", i);
		status_t status;

		memcpy(longest, name, (size_t)len);
		status = store_rename(store, 1, name, (size_t)len, 1, longest, sizeof(longest), 0);
		CHECK(status == OK || status == E_NOSPC);
	}
	remove_all(store);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	store_close(store);
	disk_free(&disk);
}

/* A file larger than what one transaction could free goes in steps, on a full disk too. */
TEST(a_huge_file_is_deleted_on_a_full_disk)
{
	static uint8_t data[1 << 20];
	struct disk disk;
	struct store *store;
	uint64_t before;
	uint64_t inode;
	uint64_t offset = 0;
	size_t len;

	disk_init(&disk, 40000, test_seed());
	store = disk_format(&disk, false);
	before = free_blocks(store);
	CHECK_EQ(store_create(store, 1, "huge", 4, &as_file, &inode), OK);
	while (store_write(store, inode, offset, data, sizeof(data), &len) == OK)
		offset += len;
	CHECK(offset > 100 << 20);
	CHECK_EQ(store_truncate(store, inode, offset / 2), OK);
	CHECK_EQ(store_unlink(store, 1, "huge", 4), OK);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(free_blocks(store), before);
	CHECK_EQ(disk_findings(store, false), 0);
	store_close(store);
	disk_free(&disk);
}

TEST(refused_formats)
{
	struct store_format_options options = {.blocks = 0};
	struct store_message message;
	struct disk disk;
	struct store *store;

	disk_init(&disk, STORE_BLOCKS_MIN, 1);
	options.blocks = STORE_BLOCKS_MIN + 1;
	CHECK_EQ(store_format(&disk.ops, &options, &store, &message), E_NOSPC);
	options.blocks = STORE_BLOCKS_MIN - 1;
	CHECK_EQ(store_format(&disk.ops, &options, &store, &message), E_NOSPC);
	options.blocks = 0;
	disk_block(&disk, 100)[5] = 1;
	CHECK_EQ(store_format(&disk.ops, &options, &store, &message), E_EXIST);
	disk_free(&disk);
}

/* ---- The map alone, on a disk too large to hold in memory ---- */

#define FAR_SLOTS 4096

struct far_disk {
	struct store_ops ops;
	uint64_t block[FAR_SLOTS];
	uint8_t data[FAR_SLOTS][STORE_BLOCK_BYTES];
	unsigned int count;
};

static uint8_t *far_find(struct far_disk *far, uint64_t block)
{
	for (unsigned int i = 0; i < far->count; i++)
		if (far->block[i] == block)
			return far->data[i];
	return NULL;
}

static status_t far_read(void *context, uint64_t block, uint32_t count, void *buffer)
{
	uint8_t *data = far_find(context, block);

	CHECK_EQ(count, 1);
	if (data == NULL)
		return E_IO;
	memcpy(buffer, data, STORE_BLOCK_BYTES);
	return OK;
}

static status_t far_write(void *context, uint64_t block, uint32_t count, const void *buffer)
{
	struct far_disk *far = context;
	uint8_t *data = far_find(far, block);

	CHECK_EQ(count, 1);
	if (data == NULL) {
		CHECK(far->count < FAR_SLOTS);
		far->block[far->count] = block;
		data = far->data[far->count++];
	}
	memcpy(data, buffer, STORE_BLOCK_BYTES);
	return OK;
}

static void *far_alloc(void *context, size_t bytes)
{
	(void)context;
	return malloc(bytes);
}

static void far_free(void *context, void *memory, size_t bytes)
{
	(void)context;
	(void)bytes;
	free(memory);
}

TEST(a_map_of_three_levels)
{
	enum { TAKEN = 3000 };
	static struct far_disk far;
	static uint64_t taken[TAKEN];
	uint64_t blocks = 70ull * 64 * GROUP_BLOCKS / 8 + 12345; /* 70 GiB and a bit */
	struct block_ptr root;
	struct space space;
	struct random random;
	uint64_t again;
	bool is_used;

	far.ops = (struct store_ops){.context = &far,
	                             .read = far_read,
	                             .write = far_write,
	                             .alloc = far_alloc,
	                             .free = far_free};
	random_seed(&random, test_seed());
	CHECK_EQ(space_init(&space, &far.ops, blocks), OK);
	CHECK_EQ(space.levels, 3);
	for (unsigned int i = 0; i < TAKEN; i++) {
		space.cursor = random_below(&random, blocks);
		if (i % 30 != 0)
			space.cursor = taken[i - 1];
		CHECK_EQ(space_alloc(&space, &taken[i]), OK);
		CHECK(taken[i] >= space.data_first && taken[i] < blocks);
	}
	CHECK_EQ(space_write(&space, 1, &root), OK);
	space_committed(&space, 1);
	again = space.free_now;
	CHECK_EQ(again, blocks - space.data_first - TAKEN);
	space_close(&space);

	CHECK_EQ(space_init(&space, &far.ops, blocks), OK);
	CHECK_EQ(space_load(&space, &root, 1, again), OK);
	for (unsigned int i = 0; i < TAKEN; i++) {
		CHECK_EQ(space_is_used(&space, taken[i], &is_used), OK);
		CHECK(is_used);
		CHECK_EQ(space_free(&space, taken[i]), OK);
		CHECK_EQ(space_free(&space, taken[i]), E_CORRUPT);
		space_trim(&space);
	}
	CHECK_EQ(space.free_now, again);
	CHECK_EQ(space.free_after, blocks - space.data_first);
	space_close(&space);
}

TEST_MAIN();
