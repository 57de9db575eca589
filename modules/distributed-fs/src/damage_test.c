/*
 * Damage: flipped bits all over the disk, lost super-blocks, images that are cut short,
 * foreign, blank or of another version. The store must give the right answer or an error,
 * never a wrong answer.
 */
#include <base/test.h>

#include "format.h"
#include "test/disk.h"
#include "test/forge.h"
#include "test/sample.h"

/* ---- Witnesses: everything that can be asked, with the right answers ---- */

struct witness {
	uint64_t dir;
	char name[STORE_NAME_MAX + 1];
	struct store_attr attr;
	uint8_t *data; /* contents or target */
};

#define WITNESSES_MAX 400

static struct witness witnesses[WITNESSES_MAX];
static unsigned int witness_count;

static uint8_t *content(struct store *store, const struct store_attr *attr, status_t *out_status)
{
	uint8_t *data = calloc(1, attr->size + 1);
	size_t len = attr->size;

	*out_status = OK;
	if ((attr->mode & STORE_TYPE_MASK) == STORE_TYPE_FILE)
		*out_status = store_read(store, attr->inode, 0, data, attr->size + 1, &len);
	if ((attr->mode & STORE_TYPE_MASK) == STORE_TYPE_SYMLINK)
		*out_status = store_readlink(store, attr->inode, (char *)data, attr->size + 1,
		                             &len);
	CHECK(*out_status != OK || len == attr->size);
	return data;
}

static void gather(struct store *store, uint64_t dir)
{
	struct store_dirent entry;
	uint64_t cursor = 0;
	status_t status;

	while (store_readdir(store, dir, &cursor, &entry) == OK) {
		struct witness *w = &witnesses[witness_count++];

		CHECK(witness_count < WITNESSES_MAX);
		w->dir = dir;
		strcpy(w->name, entry.name);
		CHECK_EQ(store_getattr(store, entry.inode, &w->attr), OK);
		w->data = content(store, &w->attr, &status);
		CHECK_EQ(status, OK);
		if (entry.type == STORE_TYPE_DIR)
			gather(store, entry.inode);
	}
}

static void dismiss(void)
{
	while (witness_count > 0)
		free(witnesses[--witness_count].data);
}

/* The right answer or E_CORRUPT; counts the errors. */
static unsigned int question(struct store *store, const struct witness *w)
{
	struct store_attr attr;
	uint64_t inode;
	uint8_t *data;
	status_t status = store_lookup(store, w->dir, w->name, strlen(w->name), &inode);
	unsigned int errors = status != OK;

	CHECK(status == E_CORRUPT || (status == OK && inode == w->attr.inode));
	status = store_getattr(store, w->attr.inode, &attr);
	errors += status != OK;
	CHECK(status == E_CORRUPT || (status == OK && memcmp(&attr, &w->attr, sizeof(attr)) == 0));
	data = content(store, &w->attr, &status);
	errors += status != OK;
	CHECK(status == E_CORRUPT || (status == OK && memcmp(data, w->data, w->attr.size) == 0));
	free(data);
	return errors;
}

/* Opens and asks everything; returns how many answers were errors. */
static unsigned int interrogate(struct disk *disk)
{
	struct store_options options = {.is_read_only = true};
	struct store *store;
	unsigned int errors = 0;
	status_t status = store_open(&disk->ops, &options, &store, NULL);

	if (status != OK) {
		CHECK_EQ(status, E_CORRUPT);
		return 1;
	}
	for (unsigned int i = 0; i < witness_count; i++)
		errors += question(store, &witnesses[i]);
	if (errors > 0)
		CHECK(disk_findings(store, true) > 0);
	store_close(store);
	return errors;
}

static struct disk *sample_with_witnesses(void)
{
	struct disk *disk = malloc(sizeof(*disk));
	struct store *store;

	sample_make(disk, test_seed());
	store = disk_open(disk);
	CHECK_EQ(store_commit(store), OK);
	gather(store, STORE_ROOT_INODE);
	store_close(store);
	CHECK(witness_count > 100);
	CHECK_EQ(interrogate(disk), 0);
	return disk;
}

static void release(struct disk *disk)
{
	dismiss();
	disk_free(disk);
	free(disk);
}

/* ---- Flipped bits ---- */

static bool is_used(struct disk *disk, uint64_t block)
{
	static const uint8_t zero[STORE_BLOCK_BYTES];

	return memcmp(disk_block(disk, block), zero, sizeof(zero)) != 0;
}

TEST(flipped_bits_are_errors_or_nothing)
{
	struct disk *disk = sample_with_witnesses();
	struct random random;
	unsigned int cases = 0;
	unsigned int noticed = 0;
	uint64_t step = getenv("SOAK") != NULL ? 61 : 2503;

	random_seed(&random, test_seed());
	for (uint64_t at = 0; at < SAMPLE_BLOCKS * (uint64_t)STORE_BLOCK_BYTES; at += step) {
		uint8_t bit = (uint8_t)(1 << random_below(&random, 8));

		if (!is_used(disk, at / STORE_BLOCK_BYTES))
			continue;
		disk->bytes[at] ^= bit;
		noticed += interrogate(disk) > 0;
		disk->bytes[at] ^= bit;
		cases++;
	}
	printf("  %u bits flipped, %u noticed\n", cases, noticed);
	CHECK(cases > 500 && noticed > cases / 4);
	release(disk);
}

/* Whole blocks lost, or exchanged with others, as a device with a bad map would do. */
TEST(misplaced_blocks_are_errors_or_nothing)
{
	struct disk *disk = sample_with_witnesses();
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned int i = 0; i < test_rounds(300); i++) {
		uint64_t block = SUPER_END + random_below(&random, 1000);
		uint64_t other = SUPER_END + random_below(&random, 1000);
		uint8_t keep[STORE_BLOCK_BYTES];

		memcpy(keep, disk_block(disk, block), sizeof(keep));
		memcpy(disk_block(disk, block), disk_block(disk, other), sizeof(keep));
		interrogate(disk);
		memcpy(disk_block(disk, block), keep, sizeof(keep));
	}
	release(disk);
}

/* ---- Super-blocks ---- */

static status_t try_open(struct disk *disk, struct store_message *message)
{
	struct store *store;
	status_t status = store_open(&disk->ops, NULL, &store, message);

	if (status == OK)
		store_close(store);
	return status;
}

static uint8_t *newest_copy(struct disk *disk)
{
	return (uint8_t *)forge_super(disk);
}

TEST(one_damaged_super_block_copy_is_repaired)
{
	struct disk *disk = sample_with_witnesses();
	struct store *store;

	newest_copy(disk)[100] ^= 4;
	CHECK_EQ(interrogate(disk), 0);
	store = disk_open(disk);
	CHECK_EQ(disk_findings(store, false), 0);
	store_close(store);
	CHECK_EQ(interrogate(disk), 0);
	release(disk);
}

TEST(no_super_block_left)
{
	struct store_message message;
	struct disk disk;

	sample_make(&disk, test_seed());
	disk_block(&disk, SUPER_AREA_0)[40] ^= 1;
	disk_block(&disk, SUPER_AREA_0 + 15)[40] ^= 1;
	disk_block(&disk, SUPER_AREA_1)[40] ^= 1;
	CHECK_EQ(try_open(&disk, &message), OK);
	memset(disk_block(&disk, SUPER_AREA_0), 0x55, STORE_BLOCK_BYTES * 2);
	for (unsigned int i = 0; i < 16; i += 15) {
		disk_block(&disk, SUPER_AREA_0 + i)[200] ^= 1;
		disk_block(&disk, SUPER_AREA_1 + i)[200] ^= 1;
	}
	CHECK_EQ(try_open(&disk, &message), E_CORRUPT);
	CHECK(strstr(message.text, "damaged") != NULL);
	disk_free(&disk);
}

TEST(another_version)
{
	struct store_message message;
	struct disk disk;

	sample_make(&disk, test_seed());
	forge_super(&disk)->version = 7;
	forge_seal_super(&disk);
	memset(disk_block(&disk, SUPER_AREA_0), 0,
	       STORE_BLOCK_BYTES * 16 *
	               (forge_super(&disk) == (void *)disk_block(&disk, SUPER_AREA_1)));
	if (forge_super(&disk) == (void *)disk_block(&disk, SUPER_AREA_0))
		memset(disk_block(&disk, SUPER_AREA_1), 0, STORE_BLOCK_BYTES * 16);
	CHECK_EQ(try_open(&disk, &message), E_VERSION);
	CHECK(strstr(message.text, "7") != NULL);
	forge_super(&disk)->version = FORMAT_VERSION;
	forge_super(&disk)->features = 1;
	forge_seal_super(&disk);
	CHECK_EQ(try_open(&disk, &message), E_VERSION);
	disk_free(&disk);
}

/* ---- Whole images ---- */

TEST(blank_foreign_and_empty_images)
{
	struct store_message message;
	struct disk disk;

	disk_init(&disk, STORE_BLOCKS_MIN, 1);
	CHECK_EQ(try_open(&disk, &message), E_BLANK);
	disk_block(&disk, SUPER_END)[0] = 1; /* behind what counts */
	CHECK_EQ(try_open(&disk, &message), E_BLANK);
	for (uint64_t block = 0; block < SUPER_END; block += 17) {
		disk_block(&disk, block)[block] = 1;
		CHECK_EQ(try_open(&disk, &message), E_FOREIGN);
		disk_block(&disk, block)[block] = 0;
	}
	CHECK_EQ(try_open(&disk, &message), E_BLANK);
	disk.ops.blocks = 0;
	CHECK_EQ(try_open(&disk, &message), E_BLANK);
	disk_free(&disk);
}

TEST(truncated_images)
{
	struct store_message message;
	struct disk disk;

	sample_make(&disk, test_seed());
	for (disk.ops.blocks = 1; disk.ops.blocks < SAMPLE_BLOCKS; disk.ops.blocks += 13) {
		CHECK_EQ(try_open(&disk, &message), E_CORRUPT);
		CHECK(strstr(message.text, "truncated") != NULL);
	}
	disk.ops.blocks = SAMPLE_BLOCKS;
	CHECK_EQ(try_open(&disk, &message), OK);
	disk_free(&disk);
}

TEST_MAIN();
