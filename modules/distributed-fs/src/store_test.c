/*
 * What the interface promises, operation by operation: the cases that random sequences
 * meet rarely or never.
 */
#include <base/test.h>

#include "test/disk.h"

static const struct store_new as_file = {.mode = STORE_TYPE_FILE | 0644, .uid = 7, .gid = 8};
static const struct store_new as_dir = {.mode = STORE_TYPE_DIR | 0755};

static struct disk disk;

static struct store *start(uint64_t blocks)
{
	disk_init(&disk, blocks, test_seed());
	return disk_format(&disk, false);
}

static void finish(struct store *store)
{
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	store_close(store);
	disk_free(&disk);
}

static struct store *reopen(struct store *store)
{
	store_close(store);
	return disk_open(&disk);
}

static uint64_t create(struct store *store, uint64_t dir, const char *name)
{
	uint64_t inode = 0;

	CHECK_EQ(store_create(store, dir, name, strlen(name), &as_file, &inode), OK);
	return inode;
}

static uint64_t make_dir(struct store *store, uint64_t dir, const char *name)
{
	uint64_t inode = 0;

	CHECK_EQ(store_mkdir(store, dir, name, strlen(name), &as_dir, &inode), OK);
	return inode;
}

static void write_at(struct store *store, uint64_t inode, uint64_t offset, const char *text)
{
	size_t len = 0;

	CHECK_EQ(store_write(store, inode, offset, text, strlen(text), &len), OK);
	CHECK_EQ(len, strlen(text));
}

static struct store_attr attr_of(struct store *store, uint64_t inode)
{
	struct store_attr attr = {0};

	CHECK_EQ(store_getattr(store, inode, &attr), OK);
	return attr;
}

TEST(a_file_survives_reopening)
{
	struct store *store = start(4096);
	uint64_t inode = create(store, STORE_ROOT_INODE, "file");
	char buffer[16] = "";
	struct store_attr attr;
	uint64_t found = 0;
	size_t len = 0;

	write_at(store, inode, 0, "hello");
	CHECK_EQ(store_commit(store), OK);
	store = reopen(store);
	CHECK_EQ(store_lookup(store, STORE_ROOT_INODE, "file", 4, &found), OK);
	CHECK_EQ(found, inode);
	CHECK_EQ(store_read(store, inode, 0, buffer, sizeof(buffer), &len), OK);
	CHECK_EQ(len, 5);
	CHECK_STR_EQ(buffer, "hello");
	attr = attr_of(store, inode);
	CHECK_EQ(attr.mode, STORE_TYPE_FILE | 0644);
	CHECK_EQ(attr.uid, 7);
	CHECK_EQ(attr.gid, 8);
	CHECK_EQ(attr.size, 5);
	CHECK_EQ(attr.blocks, 1);
	CHECK(attr.generation != 0 && attr.mtime_ns >= attr.btime_ns);
	finish(store);
}

TEST(what_is_not_committed_is_forgotten)
{
	struct store *store = start(4096);
	uint64_t found;

	create(store, STORE_ROOT_INODE, "lost");
	CHECK(store_is_dirty(store));
	store = reopen(store);
	CHECK(!store_is_dirty(store));
	CHECK_EQ(store_lookup(store, STORE_ROOT_INODE, "lost", 4, &found), E_NOENT);
	finish(store);
}

TEST(a_commit_without_changes_writes_nothing)
{
	struct store *store = start(4096);
	uint64_t writes = disk.writes;

	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk.writes, writes);
	finish(store);
}

TEST(names_are_checked)
{
	struct store *store = start(4096);
	char longest[STORE_NAME_MAX + 2];
	uint64_t inode;

	memset(longest, 'n', sizeof(longest));
	CHECK_EQ(store_create(store, 1, longest, 256, &as_file, &inode), E_NAMETOOLONG);
	CHECK_EQ(store_create(store, 1, longest, 255, &as_file, &inode), OK);
	CHECK_EQ(store_lookup(store, 1, longest, 255, &inode), OK);
	CHECK_EQ(store_create(store, 1, "", 0, &as_file, &inode), E_INVAL);
	CHECK_EQ(store_create(store, 1, "a/b", 3, &as_file, &inode), E_INVAL);
	CHECK_EQ(store_create(store, 1, "a\0b", 3, &as_file, &inode), E_INVAL);
	CHECK_EQ(store_create(store, 1, ".", 1, &as_file, &inode), E_EXIST);
	CHECK_EQ(store_mkdir(store, 1, "..", 2, &as_dir, &inode), E_EXIST);
	CHECK_EQ(store_rmdir(store, 1, "..", 2), E_INVAL);
	CHECK_EQ(store_create(store, 1, "dir", 3, &as_dir, &inode), E_INVAL);
	CHECK_EQ(store_lookup(store, 999, "x", 1, &inode), E_STALE);
	finish(store);
}

TEST(dots_are_looked_up)
{
	struct store *store = start(4096);
	uint64_t one = make_dir(store, STORE_ROOT_INODE, "one");
	uint64_t two = make_dir(store, one, "two");
	uint64_t found = 0;

	CHECK_EQ(store_lookup(store, two, "..", 2, &found), OK);
	CHECK_EQ(found, one);
	CHECK_EQ(store_lookup(store, two, ".", 1, &found), OK);
	CHECK_EQ(found, two);
	CHECK_EQ(store_lookup(store, STORE_ROOT_INODE, "..", 2, &found), OK);
	CHECK_EQ(found, STORE_ROOT_INODE);
	CHECK_EQ(store_rename(store, one, "two", 3, STORE_ROOT_INODE, "moved", 5, 0), OK);
	CHECK_EQ(store_lookup(store, two, "..", 2, &found), OK);
	CHECK_EQ(found, STORE_ROOT_INODE);
	CHECK_EQ(attr_of(store, one).links, 2);
	CHECK_EQ(attr_of(store, STORE_ROOT_INODE).links, 4);
	finish(store);
}

TEST(a_directory_does_not_move_below_itself)
{
	struct store *store = start(4096);
	uint64_t one = make_dir(store, STORE_ROOT_INODE, "one");
	uint64_t two = make_dir(store, one, "two");

	CHECK_EQ(store_rename(store, 1, "one", 3, two, "x", 1, 0), E_INVAL);
	CHECK_EQ(store_rename(store, 1, "one", 3, one, "x", 1, 0), E_INVAL);
	CHECK_EQ(store_rename(store, 1, "one", 3, 1, "one", 3, 0), OK);
	CHECK_EQ(store_rename(store, one, "two", 3, 1, "one", 3, 0), E_NOTEMPTY);
	finish(store);
}

TEST(a_large_directory)
{
	enum { COUNT = 20000 };
	struct store *store = start(16384);
	static uint8_t seen[COUNT];
	struct store_dirent entry;
	uint64_t cursor = 0;
	char name[32];
	unsigned int count = 0;
	uint64_t inode;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "entry-%u", i);
		create(store, STORE_ROOT_INODE, name);
	}
	CHECK_EQ(store_commit(store), OK);
	store = reopen(store);
	CHECK_EQ(attr_of(store, STORE_ROOT_INODE).size, COUNT);
	while (store_readdir(store, STORE_ROOT_INODE, &cursor, &entry) == OK) {
		unsigned int number = (unsigned int)strtoul(entry.name + 6, NULL, 10);

		CHECK(number < COUNT && !seen[number]);
		seen[number] = 1;
		count++;
		/* Removing what was listed does not disturb the listing. */
		if (number % 2 == 0)
			CHECK_EQ(store_unlink(store, STORE_ROOT_INODE, entry.name, entry.name_len),
			         OK);
	}
	CHECK_EQ(count, COUNT);
	CHECK_EQ(store_lookup(store, 1, "entry-7777", 10, &inode), OK);
	CHECK_EQ(store_lookup(store, 1, "entry-7778", 10, &inode), E_NOENT);
	finish(store);
}

TEST(long_symbolic_links)
{
	struct store *store = start(4096);
	static char target[STORE_SYMLINK_MAX + 1];
	static char back[STORE_SYMLINK_MAX + 1];
	uint64_t inode = 0;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(target); i++)
		target[i] = (char)('a' + i % 23);
	CHECK_EQ(store_symlink(store, 1, "l", 1, target, 4096, &as_file, &inode), E_NAMETOOLONG);
	CHECK_EQ(store_symlink(store, 1, "l", 1, target, 0, &as_file, &inode), E_INVAL);
	CHECK_EQ(store_symlink(store, 1, "l", 1, target, 4095, &as_file, &inode), OK);
	CHECK_EQ(attr_of(store, inode).mode, STORE_TYPE_SYMLINK | 0644);
	CHECK_EQ(store_readlink(store, inode, back, sizeof(back), &len), OK);
	CHECK_EQ(len, 4095);
	CHECK_MEM_EQ(target, back, 4095);
	CHECK_EQ(store_readlink(store, inode, back, 1500, &len), OK);
	CHECK_EQ(len, 1500);
	CHECK_EQ(store_readlink(store, 1, back, 10, &len), E_INVAL);
	CHECK_EQ(store_unlink(store, 1, "l", 1), OK);
	finish(store);
}

TEST(holes)
{
	struct store *store = start(4096);
	uint64_t inode = create(store, STORE_ROOT_INODE, "sparse");
	uint64_t far = 3ull << 40;
	uint64_t offset = 0;
	char buffer[8] = "dirty";
	size_t len;

	write_at(store, inode, far + 5, "end");
	CHECK_EQ(attr_of(store, inode).size, far + 8);
	CHECK_EQ(attr_of(store, inode).blocks, 1);
	CHECK_EQ(store_read(store, inode, 1 << 20, buffer, 6, &len), OK);
	CHECK(len == 6 && memcmp(buffer, "\0\0\0\0\0\0", 6) == 0);
	CHECK_EQ(store_next_data(store, inode, &offset), OK);
	CHECK_EQ(offset, far);
	CHECK_EQ(store_next_hole(store, inode, &offset), OK);
	CHECK_EQ(offset, far + 8);
	CHECK_EQ(store_next_hole(store, inode, &offset), E_NOENT);
	offset = 77;
	CHECK_EQ(store_next_hole(store, inode, &offset), OK);
	CHECK_EQ(offset, 77);
	write_at(store, inode, 8192, "middle");
	offset = 8200;
	CHECK_EQ(store_next_data(store, inode, &offset), OK);
	CHECK_EQ(offset, 8200);
	CHECK_EQ(store_next_hole(store, inode, &offset), OK);
	CHECK_EQ(offset, 12288);
	CHECK_EQ(store_truncate(store, inode, far), OK);
	CHECK_EQ(store_next_data(store, inode, &offset), E_NOENT);
	CHECK_EQ(store_truncate(store, inode, STORE_FILE_BYTES_MAX), OK);
	CHECK_EQ(store_truncate(store, inode, STORE_FILE_BYTES_MAX + 1), E_FBIG);
	CHECK_EQ(store_write(store, inode, STORE_FILE_BYTES_MAX, "x", 1, &len), E_FBIG);
	CHECK_EQ(store_write(store, inode, UINT64_MAX - 1, "x", 1, &len), E_FBIG);
	write_at(store, inode, STORE_FILE_BYTES_MAX - 1, "x");
	finish(store);
}

TEST(shrinking_clears_what_growing_shows)
{
	struct store *store = start(4096);
	uint64_t inode = create(store, STORE_ROOT_INODE, "file");
	char buffer[16];
	size_t len;

	write_at(store, inode, 0, "0123456789");
	CHECK_EQ(store_truncate(store, inode, 4), OK);
	CHECK_EQ(store_truncate(store, inode, 10), OK);
	CHECK_EQ(store_read(store, inode, 0, buffer, sizeof(buffer), &len), OK);
	CHECK_EQ(len, 10);
	CHECK_MEM_EQ(buffer, "0123\0\0\0\0\0\0", 10);
	finish(store);
}

TEST(an_open_file_outlives_its_name)
{
	struct store *store = start(4096);
	uint64_t inode = create(store, STORE_ROOT_INODE, "file");
	struct store_attr attr;
	struct store_statfs before;
	struct store_statfs after;
	char buffer[8];
	size_t len;

	CHECK_EQ(store_commit(store), OK);
	store_statfs(store, &before);
	CHECK_EQ(store_open_ref(store, inode), OK);
	CHECK_EQ(store_unlink(store, STORE_ROOT_INODE, "file", 4), OK);
	write_at(store, inode, 0, "still");
	CHECK_EQ(store_truncate(store, inode, 3), OK);
	CHECK_EQ(store_read(store, inode, 0, buffer, sizeof(buffer), &len), OK);
	CHECK_EQ(len, 3);
	CHECK_EQ(attr_of(store, inode).links, 0);
	CHECK_EQ(store_link(store, STORE_ROOT_INODE, "again", 5, inode), E_NOENT);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk_findings(store, false), 0);
	store = reopen(store);
	CHECK_EQ(store_getattr(store, inode, &attr), E_STALE);
	CHECK_EQ(store_close_ref(store, inode), E_INVAL);
	CHECK_EQ(store_commit(store), OK);
	store_statfs(store, &after);
	CHECK_EQ(after.inodes, before.inodes - 1);
	finish(store);
}

TEST(a_removed_directory_takes_no_entries)
{
	struct store *store = start(4096);
	uint64_t dir = make_dir(store, STORE_ROOT_INODE, "dir");
	struct store_dirent entry;
	uint64_t cursor = 0;
	uint64_t inode;

	CHECK_EQ(store_open_ref(store, dir), OK);
	CHECK_EQ(store_rmdir(store, STORE_ROOT_INODE, "dir", 3), OK);
	CHECK_EQ(store_create(store, dir, "x", 1, &as_file, &inode), E_NOENT);
	CHECK_EQ(store_lookup(store, dir, "..", 2, &inode), E_NOENT);
	CHECK_EQ(store_readdir(store, dir, &cursor, &entry), E_NOENT);
	CHECK_EQ(store_close_ref(store, dir), OK);
	CHECK_EQ(store_create(store, dir, "x", 1, &as_file, &inode), E_STALE);
	finish(store);
}

TEST(special_files_and_attributes)
{
	struct store_new how = {.mode = STORE_TYPE_CHAR | 0600, .rdev = 0x501};
	struct store_attr set = {
		.mode = 04755, .uid = 1, .gid = 2, .atime_ns = -5, .mtime_ns = 123456789012345};
	struct store *store = start(4096);
	struct store_attr attr;
	uint64_t inode;
	size_t len;

	CHECK_EQ(store_create(store, 1, "tty", 3, &how, &inode), OK);
	CHECK_EQ(store_setattr(store, inode, 31, &set), OK);
	CHECK_EQ(store_commit(store), OK);
	store = reopen(store);
	attr = attr_of(store, inode);
	CHECK_EQ(attr.rdev, 0x501);
	CHECK_EQ(attr.mode, STORE_TYPE_CHAR | 04755);
	CHECK_EQ(attr.uid, 1);
	CHECK_EQ(attr.gid, 2);
	CHECK_EQ(attr.atime_ns, -5);
	CHECK_EQ(attr.mtime_ns, 123456789012345);
	CHECK_EQ(store_write(store, inode, 0, "x", 1, &len), E_INVAL);
	CHECK_EQ(store_write(store, 1, 0, "x", 1, &len), E_ISDIR);
	CHECK_EQ(store_read(store, 1, 0, &set, 1, &len), E_ISDIR);
	finish(store);
}

TEST(the_default_layout)
{
	struct store *store;
	struct store_attr attr;
	uint64_t inode = 0;
	char text[128] = "";
	size_t len = 0;

	disk_init(&disk, 4096, test_seed());
	store = disk_format(&disk, true);
	store = reopen(store);
	CHECK_EQ(store_resolve(store, "/users/bob/vault", &inode), OK);
	attr = attr_of(store, inode);
	CHECK_EQ(attr.mode, STORE_TYPE_DIR | 0700);
	CHECK_EQ(attr.uid, 1001);
	CHECK_EQ(store_resolve(store, "/tmp", &inode), OK);
	CHECK_EQ(attr_of(store, inode).mode, STORE_TYPE_DIR | 01777);
	CHECK_EQ(store_resolve(store, "/cfg/system.json", &inode), OK);
	CHECK_EQ(store_read(store, inode, 0, text, sizeof(text) - 1, &len), OK);
	CHECK(strstr(text, "\"autologin\": \"alice\"") != NULL);
	finish(store);
}

/* Everything that a workload makes fits into the cache, whatever its size. */
TEST(memory_is_bounded)
{
	struct store *store = start(16384);
	static uint8_t data[256 * 1024];
	char name[16];
	size_t len;

	for (unsigned int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "%u", i);
		memset(data, (int)i, sizeof(data));
		CHECK_EQ(store_write(store, create(store, 1, name), 0, data, sizeof(data), &len),
		         OK);
	}
	CHECK(disk.memory_max < 1200 * 1024);
	finish(store);
}

TEST(a_read_only_store_writes_nothing)
{
	struct store_options options = {.is_read_only = true};
	struct store *store = start(4096);
	uint64_t writes;
	uint64_t inode;

	create(store, STORE_ROOT_INODE, "file");
	CHECK_EQ(store_commit(store), OK);
	store_close(store);
	writes = disk.writes;
	CHECK_EQ(store_open(&disk.ops, &options, &store, NULL), OK);
	CHECK_EQ(store_create(store, 1, "x", 1, &as_file, &inode), E_ROFS);
	CHECK_EQ(store_unlink(store, 1, "file", 4), E_ROFS);
	CHECK_EQ(store_commit(store), OK);
	CHECK_EQ(disk.writes, writes);
	finish(store);
}

/* A device that stops writing leaves a store that reads, and the last commit on the disk. */
TEST(a_failing_device)
{
	struct store *store = start(4096);
	uint64_t inode;
	size_t len;

	create(store, STORE_ROOT_INODE, "kept");
	CHECK_EQ(store_commit(store), OK);
	inode = create(store, STORE_ROOT_INODE, "lost");
	disk.writes_left = 0;
	CHECK_EQ(store_write(store, inode, 0, "x", 1, &len), E_IO);
	CHECK_EQ(store_commit(store), E_IO);
	CHECK_EQ(store_create(store, 1, "x", 1, &as_file, &inode), E_ROFS);
	CHECK_EQ(store_commit(store), E_ROFS);
	CHECK_EQ(store_lookup(store, 1, "kept", 4, &inode), OK);
	disk.writes_left = UINT64_MAX;
	store = reopen(store);
	CHECK_EQ(store_lookup(store, 1, "kept", 4, &inode), OK);
	CHECK_EQ(store_lookup(store, 1, "lost", 4, &inode), E_NOENT);
	finish(store);
}

/* Opens, changes, commits and checks with memory for `allocs` allocations. */
static status_t use_with_allocs(uint64_t allocs)
{
	struct store_check check = {.finding = NULL};
	struct store *store;
	uint64_t inode;
	size_t len;
	status_t status;

	disk.allocs_left = allocs;
	status = store_open(&disk.ops, NULL, &store, NULL);
	if (status != OK)
		return status;
	status = store_create(store, 1, "new", 3, &as_file, &inode);
	if (status == OK)
		status = store_write(store, inode, 0, "text", 4, &len);
	if (status == OK)
		status = store_open_ref(store, inode);
	if (status == OK)
		status = store_unlink(store, 1, "new", 3);
	if (status == OK)
		status = store_commit(store);
	if (status == OK)
		status = store_check(store, &check);
	CHECK(status != OK || check.findings == 0);
	store_close(store);
	return status;
}

struct taken {
	uint32_t count, wanted;
	uint64_t behind;
	uint64_t inodes;
};

static bool take(void *context, const struct store_dirent *entry, uint64_t behind)
{
	struct taken *taken = context;

	taken->behind = behind;
	taken->inodes += entry->inode;
	return ++taken->count < taken->wanted;
}

/* Any number at a time gives each entry once, over many leaves. */
TEST(listing_in_pieces)
{
	struct store *store = start(4096);
	uint64_t dir = 0, sum = 0;
	char name[32];

	CHECK_EQ(store_mkdir(store, STORE_ROOT_INODE, "dir", 3, &as_dir, &dir), OK);
	for (uint32_t i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "a file with number %u", i);
		sum += create(store, dir, name);
	}
	for (uint32_t wanted = 1; wanted <= 400; wanted = wanted * 3 + 1) {
		struct taken taken = {.wanted = wanted};
		uint64_t cursor = 0;
		status_t status;

		while ((status = store_list(store, dir, &cursor, take, &taken)) == OK) {
			CHECK_EQ(cursor, taken.behind);
			CHECK_EQ(taken.count % wanted, 0);
			taken.wanted = taken.count + wanted;
		}
		CHECK_EQ(status, E_NOENT);
		CHECK_EQ(taken.count, 300);
		CHECK_EQ(taken.inodes, sum);
	}
	finish(store);
}

/* Replacing what is there, filling holes, and both in one write. */
TEST(a_run_that_is_there_in_part)
{
	static uint8_t data[8 * STORE_BLOCK_BYTES], back[sizeof(data)];
	struct store *store = start(4096);
	uint64_t inode = create(store, STORE_ROOT_INODE, "f");
	struct store_attr attr;
	size_t len = 0;

	for (unsigned round = 0; round < 4; round++) {
		memset(data, (int)round + 1, sizeof(data));
		if (round == 0) /* blocks 2, 3 and 6 */
			CHECK_EQ(store_write_all(store, inode, 2 * STORE_BLOCK_BYTES, data,
			                         2 * STORE_BLOCK_BYTES),
			         OK);
		if (round == 0)
			CHECK_EQ(store_write_all(store, inode, 6 * STORE_BLOCK_BYTES, data,
			                         STORE_BLOCK_BYTES),
			         OK);
		else
			CHECK_EQ(store_write_all(store, inode, 0, data, sizeof(data)), OK);
		CHECK_EQ(store_getattr(store, inode, &attr), OK);
		CHECK_EQ(attr.blocks, round == 0 ? 3 : 8);
		if (round == 2)
			CHECK_EQ(store_commit(store), OK);
	}
	CHECK_EQ(store_read(store, inode, 0, back, sizeof(back), &len), OK);
	CHECK(len == sizeof(data) && memcmp(back, data, sizeof(data)) == 0);
	finish(store);
}

TEST(every_allocation_may_fail)
{
	struct store *store = start(4096);
	uint64_t allocs = 0;
	status_t status;

	create(store, STORE_ROOT_INODE, "kept");
	CHECK_EQ(store_commit(store), OK);
	store_close(store);
	do {
		status = use_with_allocs(allocs++);
		CHECK(status == OK || status == E_NOMEM);
		CHECK_EQ(disk.memory_now, 0);
	} while (status != OK);
	CHECK(allocs > 10);
	disk.allocs_left = UINT64_MAX;
	finish(disk_open(&disk));
}

TEST_MAIN();
