/*
 * The sample: a tree of three levels with directories, files with one block and with many,
 * holes, links of both kinds, long names and an orphan.
 */
#include "sample.h"

#include <base/test.h>

static const struct store_new as_file = {.mode = STORE_TYPE_FILE | 0644, .uid = 3};
static const struct store_new as_dir = {.mode = STORE_TYPE_DIR | 0755};

static void make_file(struct store *store, uint64_t dir, unsigned int number)
{
	uint8_t data[9000];
	char name[300];
	uint64_t inode;
	size_t len;

	snprintf(name, sizeof(name), "file-%u-%.*s", number, (int)(number * 7 % 200),
	         "with-a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-"
	         "and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-"
	         "and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on");
	memset(data, (int)number, sizeof(data));
	CHECK_EQ(store_create(store, dir, name, strlen(name), &as_file, &inode), OK);
	CHECK_EQ(store_write(store, inode, number % 3 * 20000, data, 1 + number * 97 % 9000, &len),
	         OK);
	if (number % 5 == 0)
		CHECK_EQ(store_link(store, STORE_ROOT_INODE, name, strlen(name), inode), OK);
}

static void make_dir(struct store *store, unsigned int number)
{
	static char target[2000];
	char name[32];
	uint64_t dir;
	uint64_t inode;

	snprintf(name, sizeof(name), "dir-%u", number);
	CHECK_EQ(store_mkdir(store, STORE_ROOT_INODE, name, strlen(name), &as_dir, &dir), OK);
	for (unsigned int i = 0; i < 12; i++)
		make_file(store, dir, number * 12 + i);
	memset(target, 't', sizeof(target));
	CHECK_EQ(store_symlink(store, dir, "link", 4, target, 10 + number * 150, &as_file, &inode),
	         OK);
}

static void make_large(struct store *store, bool is_orphan)
{
	static uint8_t data[1 << 20];
	const char *name = is_orphan ? "orphan" : "large";
	uint64_t inode;
	size_t len;

	memset(data, 0x77, sizeof(data));
	CHECK_EQ(store_create(store, 1, name, strlen(name), &as_file, &inode), OK);
	CHECK_EQ(store_write(store, inode, 4096, data, sizeof(data) / (is_orphan ? 4 : 1), &len),
	         OK);
	if (is_orphan) {
		CHECK_EQ(store_open_ref(store, inode), OK);
		CHECK_EQ(store_unlink(store, 1, name, strlen(name)), OK);
	}
}

void sample_make(struct disk *disk, uint64_t seed)
{
	struct store *store;

	disk_init(disk, SAMPLE_BLOCKS, seed);
	store = disk_format(disk, true);
	for (unsigned int i = 0; i < 8; i++) {
		make_dir(store, i);
		CHECK_EQ(store_commit(store), OK);
	}
	make_large(store, false);
	make_large(store, true);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	store_close(store);
}
