/*
 * Names: making, finding, linking, renaming, removing, listing; and directories of a thousand files.
 */
#include "storetest.h"

#include <base/format.h>
#include <base/string.h>

#define DIR_MODE (FILES_MODE_DIR | 0755)
#define UNLINK_DIRECTORY 1u
#define NO_REPLACE 1u
#define EXCHANGE 2u
#define MANY 1000u

static void walking(handle_t s)
{
	struct file_attr a, b;
	uint32_t used;

	CHECK_STATUS(file_create(s, 0, 1, "a", DIR_MODE, 7, 8, 0, 0, &a), OK);
	CHECK(a.mode == DIR_MODE && a.uid == 7 && a.gid == 8 && a.links == 2);
	CHECK_STATUS(file_create(s, 1, 2, "b", DIR_MODE, 0, 0, 0, 0, &a), OK);
	CHECK_STATUS(file_create(s, 2, 3, "c", FILES_MODE_FILE | 0600, 0, 0, 0, 0, &a), OK);
	CHECK_STATUS(file_walk(s, 0, 4, "a/b//c", &used, &b), OK);
	CHECK(used == 6 && a.inode == b.inode && a.generation == b.generation);
	CHECK_STATUS(file_walk(s, 0, 5, "a/b/c/d", &used, &b), OK);
	CHECK(used == 5 && b.inode == a.inode);
	CHECK_STATUS(file_walk(s, 0, 6, "a/x", &used, &b), E_NOENT);
	CHECK_STATUS(file_walk(s, 0, 5, "a", &used, &b), E_EXIST);
	CHECK_STATUS(file_walk(s, 6, 7, "", &used, &b), E_STALE);
	CHECK_STATUS(file_walk(s, 2, 6, "", &used, &b), OK);
	CHECK(used == 0);
	CHECK_STATUS(file_walk(s, 2, 7, "..", &used, &b), E_INVAL);
	for (uint32_t fid = 1; fid <= 6; fid++)
		CHECK_STATUS(file_clunk(s, fid), OK);
	CHECK_STATUS(file_clunk(s, 1), E_STALE);
}

static void links(handle_t s)
{
	char target[FILE_READLINK_TARGET_MAX + 1];
	struct file_attr a, b;
	uint32_t used;

	CHECK_STATUS(file_symlink(s, 0, "link", "a/b/c", 0, 0, 0, &a), OK);
	CHECK_STATUS(file_walk(s, 0, 1, "link/x", &used, &b), OK);
	CHECK(used == 4 && b.inode == a.inode);
	CHECK_STATUS(file_readlink(s, 1, target, sizeof(target)), OK);
	CHECK(strcmp(target, "a/b/c") == 0);
	CHECK_STATUS(file_walk(s, 0, 2, "a/b/c", &used, &a), OK);
	CHECK_STATUS(file_readlink(s, 2, target, sizeof(target)), E_INVAL);
	CHECK_STATUS(file_link(s, 2, 0, "hard", 0), OK);
	CHECK_STATUS(file_link(s, 2, 0, "hard", 0), E_EXIST);
	CHECK_STATUS(file_getattr(s, 2, &a), OK);
	CHECK(a.links == 2);
	CHECK_STATUS(file_link(s, 0, 0, "dir", 0), E_PERM);
	CHECK_STATUS(file_unlink(s, 0, "hard", 0, 0), OK);
	CHECK_STATUS(file_unlink(s, 0, "link", 0, 0), OK);
	CHECK_STATUS(file_getattr(s, 1, &b), OK); /* unlinked, but in use */
	CHECK(b.links == 0);
	CHECK_STATUS(file_clunk(s, 1), OK);
	CHECK_STATUS(file_clunk(s, 2), OK);
}

static void renaming(handle_t s)
{
	struct file_attr a, b;
	uint32_t used;

	CHECK_STATUS(file_walk(s, 0, 1, "a/b", &used, &a), OK);
	CHECK_STATUS(test_create(2, "other"), OK);
	CHECK_STATUS(file_rename(s, 1, "c", 0, "other", NO_REPLACE, 0), E_EXIST);
	CHECK_STATUS(file_rename(s, 1, "c", 0, "other", EXCHANGE, 0), OK);
	CHECK_STATUS(file_walk(s, 1, 3, "c", &used, &a), OK);
	CHECK_STATUS(file_getattr(s, 2, &b), OK);
	CHECK(a.inode == b.inode);
	CHECK_STATUS(file_rename(s, 0, "other", 1, "c", 0, 0), OK);
	CHECK_STATUS(file_getattr(s, 2, &b), OK);
	CHECK(b.links == 0);
	CHECK_STATUS(file_rename(s, 0, "other", 1, "c", 0, 0), E_NOENT);
	CHECK_STATUS(file_rename(s, 0, "a", 1, "under", 0, 0), E_INVAL);
	CHECK_STATUS(file_rename(s, 0, "..", 1, "x", 0, 0), E_INVAL);
	CHECK_STATUS(file_unlink(s, 0, "a", UNLINK_DIRECTORY, 0), E_NOTEMPTY);
	CHECK_STATUS(file_unlink(s, 0, "a", 0, 0), E_ISDIR);
	CHECK_STATUS(file_unlink(s, 1, "c", UNLINK_DIRECTORY, 0), E_NOTDIR);
	for (uint32_t fid = 1; fid <= 3; fid++)
		CHECK_STATUS(file_clunk(s, fid), OK);
}

static void removing(void)
{
	CHECK_STATUS(files_remove(&test_home, "a/b/c"), OK);
	CHECK_STATUS(files_remove(&test_home, "a/b"), OK);
	CHECK_STATUS(files_remove(&test_home, "a"), OK);
	CHECK_STATUS(files_remove(&test_home, "a"), E_NOENT);
}

static void whole_files(void)
{
	static uint8_t data[10000], back[10000];
	struct file_attr attr;
	size_t len;

	test_fill(data, sizeof(data), 1);
	CHECK_STATUS(files_write(&test_home, "whole", data, sizeof(data), NULL), OK);
	CHECK_STATUS(files_read(&test_home, "whole", back, sizeof(back), &len), OK);
	CHECK(len == sizeof(data) && memcmp(data, back, len) == 0);
	CHECK_STATUS(files_read(&test_home, "whole", back, 100, &len), E_RANGE);
	CHECK(len == sizeof(data));
	CHECK_STATUS(files_write(&test_home, "whole", "x", 1, NULL), OK);
	CHECK_STATUS(files_stat(&test_home, "whole", &attr), OK);
	CHECK(attr.size == 1 && attr.mode == (FILES_MODE_FILE | 0644));
	CHECK_STATUS(files_remove(&test_home, "whole"), OK);
	CHECK_STATUS(files_read(&test_home, "whole", back, sizeof(back), &len), E_NOENT);
	CHECK_STATUS(files_write(&test_home, "no/whole", "x", 1, NULL), E_NOENT);
}

void test_names(void)
{
	walking(test_home.handle);
	links(test_home.handle);
	renaming(test_home.handle);
	removing();
	whole_files();
}

/* --- many --- */

struct seen {
	uint32_t count;
	bool is_wrong;
	uint8_t times[MANY];
};

static status_t see(void *context, const char *name, uint64_t inode, uint8_t type)
{
	struct seen *seen = context;
	uint32_t number = 0;

	for (const char *at = name + 1; *at != 0; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	seen->is_wrong |= name[0] != 'f' || number >= MANY || type != 8 || inode == 0;
	if (number < MANY)
		seen->times[number]++;
	seen->count++;
	return OK;
}

void test_many_names(void)
{
	static struct seen seen;
	char name[16];
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		format_string(name, sizeof(name), "f%u", i);
		wrong += test_create(1, name) != OK || file_clunk(test_home.handle, 1) != OK;
	}
	CHECK(wrong == 0);
	CHECK_STATUS(files_list(&test_home, "", see, &seen), OK);
	for (uint32_t i = 0; i < MANY; i++)
		wrong += seen.times[i] != 1;
	CHECK(wrong == 0 && seen.count == MANY && !seen.is_wrong);
	for (uint32_t i = 0; i < MANY; i++) {
		format_string(name, sizeof(name), "f%u", i);
		wrong += file_unlink(test_home.handle, 0, name, 0, 0) != OK;
	}
	CHECK(wrong == 0);
}
