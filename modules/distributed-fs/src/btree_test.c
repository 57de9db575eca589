/*
 * The tree alone against a table: items of all sizes come and go at random, in runs and in
 * order, until the tree has three levels and until it has one again.
 */
#include <base/random.h>
#include <base/test.h>

#include "btree.h"
#include "store_private.h"
#include "test/disk.h"
#include "tx.h"

#define KEYS 12000u
#define FIRST_OBJECT 500u

/* What the table knows of a key; `length` 0: not in the tree. */
struct known {
	uint16_t length;
	uint8_t fill;
};

struct trial {
	struct disk disk;
	struct store *store;
	struct random random;
	struct known known[KEYS];
	unsigned int count;
	unsigned int top; /* highest level the tree had */
};

static struct tree_key key_of(unsigned int n)
{
	return tree_key(FIRST_OBJECT + n / 4000, ITEM_SYMLINK, (uint64_t)n * 3);
}

static void begin(struct trial *trial)
{
	CHECK_EQ(tx_begin(trial->store, TX_GROW, 1, 0), OK);
	if (trial->store->root.level > trial->top)
		trial->top = trial->store->root.level;
}

static void end(struct trial *trial, status_t status, status_t expected)
{
	status = tx_end(trial->store, status);
	CHECK_EQ(status, expected);
}

static void put(struct trial *trial, unsigned int n)
{
	struct known *known = &trial->known[n];
	uint8_t data[ITEM_BYTES_MAX];
	bool is_there = known->length > 0;
	uint16_t length = (uint16_t)(1 + random_below(&trial->random, ITEM_BYTES_MAX));

	begin(trial);
	memset(data, (uint8_t)n, sizeof(data));
	if (is_there) {
		memset(data, ++known->fill, sizeof(data));
		end(trial, btree_update(trial->store, key_of(n), data, known->length), OK);
		begin(trial);
		end(trial, btree_insert(trial->store, key_of(n), data, length), E_EXIST);
		return;
	}
	*known = (struct known){length, (uint8_t)n};
	trial->count++;
	end(trial, btree_insert(trial->store, key_of(n), data, length), OK);
}

static void cut(struct trial *trial, unsigned int n)
{
	bool is_there = trial->known[n].length > 0;

	begin(trial);
	end(trial, btree_remove(trial->store, key_of(n)), is_there ? OK : E_NOENT);
	trial->count -= is_there;
	trial->known[n].length = 0;
}

static void cut_run(struct trial *trial, unsigned int from, unsigned int to)
{
	unsigned int expected = 0;
	unsigned int total = 0;
	unsigned int count = 1;

	for (unsigned int n = from; n < to; n++) {
		expected += trial->known[n].length > 0;
		trial->known[n].length = 0;
	}
	while (count > 0) {
		begin(trial);
		end(trial, btree_remove_run(trial->store, key_of(from), key_of(to), NULL, &count),
		    OK);
		total += count;
	}
	CHECK_EQ(total, expected);
	trial->count -= expected;
}

static void look(struct trial *trial, unsigned int n)
{
	const struct known *known = &trial->known[n];
	struct btree_item item;
	status_t status;

	CHECK_EQ(tx_begin_read(trial->store), OK);
	status = btree_find(trial->store, key_of(n), &item);
	CHECK_EQ(status, known->length > 0 ? OK : E_NOENT);
	if (status == OK) {
		CHECK_EQ(item.length, known->length);
		CHECK_EQ(((uint8_t *)item.data)[known->length - 1u], known->fill);
	}
}

/* Everything in the tree is in the table, in order, and the other way round. */
static void look_at_all(struct trial *trial)
{
	struct tree_key key = {FIRST_OBJECT, 0};
	struct btree_path path;
	struct btree_item item;
	unsigned int n = 0;
	unsigned int count = 0;

	for (;;) {
		CHECK_EQ(tx_begin_read(trial->store), OK);
		if (btree_seek(trial->store, key, &path, &item) != OK)
			break;
		while (n < KEYS && trial->known[n].length == 0)
			n++;
		CHECK(n < KEYS && item.key.object == key_of(n).object &&
		      item.key.where == key_of(n).where);
		CHECK_EQ(item.length, trial->known[n].length);
		n++;
		count++;
		key = item.key;
		key.where++;
	}
	CHECK_EQ(count, trial->count);
}

static void act(struct trial *trial, unsigned int growth)
{
	unsigned int n = (unsigned int)random_below(&trial->random, KEYS);
	unsigned int run = (unsigned int)random_below(&trial->random, KEYS / 40);

	if (random_below(&trial->random, 400) == 0)
		cut_run(trial, n, n + run < KEYS ? n + run : KEYS);
	else if (random_below(&trial->random, 100) < growth)
		for (unsigned int i = 0; i < 4 && n + i < KEYS; i++)
			put(trial, n + i);
	else
		for (unsigned int i = 0; i < 8 && n + i < KEYS; i++)
			cut(trial, n + i);
	look(trial, (unsigned int)random_below(&trial->random, KEYS));
}

static void reopen(struct trial *trial)
{
	CHECK_EQ(store_commit(trial->store), OK);
	store_close(trial->store);
	trial->store = disk_open(&trial->disk);
}

static struct trial *start(void)
{
	struct trial *trial = calloc(1, sizeof(*trial));

	disk_init(&trial->disk, 16384, test_seed());
	random_seed(&trial->random, test_seed());
	trial->store = disk_format(&trial->disk, false);
	return trial;
}

/* With everything removed the tree is one leaf again, and all blocks are free. */
static void finish(struct trial *trial)
{
	struct store_statfs fs;

	cut_run(trial, 0, KEYS);
	look_at_all(trial);
	CHECK_EQ(store_commit(trial->store), OK);
	CHECK_EQ(trial->store->root.level, 0);
	store_statfs(trial->store, &fs);
	CHECK_EQ(fs.free, fs.data_blocks - 1);
	CHECK_EQ(disk_findings(trial->store, false), 0);
	store_close(trial->store);
	disk_free(&trial->disk);
	free(trial);
}

TEST(items_come_and_go)
{
	struct trial *trial = start();

	for (unsigned int phase = 0; phase < test_rounds(8); phase++) {
		for (unsigned int i = 0; i < 2500; i++)
			act(trial, phase % 2 == 0 ? 90 : 25);
		look_at_all(trial);
		reopen(trial);
	}
	CHECK(trial->top >= 2);
	finish(trial);
}

/* Written in order, leaves end up full; thinned out evenly, nodes merge. */
TEST(items_in_order)
{
	struct trial *trial = start();

	for (unsigned int n = 0; n < KEYS; n++)
		put(trial, n);
	look_at_all(trial);
	CHECK(trial->top >= 2);
	for (unsigned int step = 2; step < 300; step *= 3)
		for (unsigned int n = 0; n < KEYS; n++)
			if (n % step != 0)
				cut(trial, n);
	look_at_all(trial);
	for (unsigned int n = KEYS; n-- > 0;)
		if (n % 7 == 0)
			put(trial, n);
	look_at_all(trial);
	finish(trial);
}

TEST_MAIN();
