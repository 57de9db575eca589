/*
 * Content: through mappings and messages, growing and cutting, holes, large files, times, and files that
 * are used after they lost their name.
 */
#include "storetest.h"

#include <base/string.h>
#include <libanon/time.h>

#define PAGE 4096u
#define LARGE (8u << 20)
#define SEEK_DATA 3u
#define SEEK_HOLE 4u
#define SET_MODE 1u
#define SET_SIZE 8u
#define SET_MTIME 32u

static void resize(uint32_t fid, uint64_t size)
{
	struct file_attr attr = {.size = size};

	CHECK_STATUS(file_setattr(test_home.handle, fid, SET_SIZE, &attr, &attr), OK);
	CHECK(attr.size == size);
}

/* Growing never cuts: who asks for less than there is by now loses nothing of what another appended. */
static void grow(uint32_t fid, uint64_t size, uint64_t expected)
{
	struct file_attr attr = {0};

	CHECK_STATUS(file_grow(test_home.handle, fid, size, &attr), OK);
	CHECK(attr.size == expected);
}

static void remove(uint32_t fid, const char *name)
{
	CHECK_STATUS(file_clunk(test_home.handle, fid), OK);
	CHECK_STATUS(files_remove(&test_home, name), OK);
}

/* What one session writes through a mapping, another one maps and reads. */
static void sharing(void)
{
	struct files_session other;
	struct file_attr attr;
	uint8_t *ours, *theirs;
	uint32_t used;

	CHECK_STATUS(test_create(1, "shared"), OK);
	resize(1, 3 * PAGE + 100);
	ours = test_map(test_home.handle, 1, 4 * PAGE);
	CHECK_STATUS(files_attach(test_root, "vol/storetest", 0, &other), OK);
	CHECK_STATUS(file_walk(other.handle, 0, 9, "shared", &used, &attr), OK);
	theirs = test_map(other.handle, 9, 4 * PAGE);
	if (ours != NULL && theirs != NULL) {
		test_fill(ours, 3 * PAGE + 100, 2);
		CHECK(test_holds(theirs, 3 * PAGE + 100, 2));
		CHECK_STATUS(file_sync(other.handle, 9, 0), OK);
		ours[5] ^= 1; /* the page was made clean: this asks again */
		CHECK(theirs[5] == ours[5]);
	}
	test_unmap(ours, 4 * PAGE);
	test_unmap(theirs, 4 * PAGE);
	files_detach(&other);
	remove(1, "shared");
}

static void sizes(void)
{
	uint8_t small[8];
	uint8_t *at;
	uint32_t len;

	CHECK_STATUS(test_create(1, "size"), OK);
	resize(1, 2 * PAGE);
	at = test_map(test_home.handle, 1, 2 * PAGE);
	if (at == NULL)
		return;
	memset(at, 0x55, 2 * PAGE);
	resize(1, 100);
	CHECK(at[99] == 0x55 && at[100] == 0 && at[PAGE - 1] == 0);
	at[200] = 0x77; /* behind the end: must not come back */
	resize(1, PAGE + 10);
	CHECK(at[99] == 0x55 && at[200] == 0 && at[PAGE] == 0);
	CHECK_STATUS(file_read(test_home.handle, 1, PAGE + 8, 8, small, 8, &len), OK);
	CHECK(len == 2 && small[0] == 0);
	CHECK_STATUS(file_read(test_home.handle, 1, PAGE + 10, 8, small, 8, &len), OK);
	CHECK(len == 0);
	grow(1, PAGE, PAGE + 10);
	grow(1, PAGE + 12, PAGE + 12);
	CHECK_STATUS(file_write(test_home.handle, 1, 2 * PAGE - 2, "abcd", 4), OK);
	CHECK_STATUS(file_read(test_home.handle, 1, 2 * PAGE - 2, 8, small, 8, &len), OK);
	CHECK(len == 4 && memcmp(small, "abcd", 4) == 0);
	test_unmap(at, 2 * PAGE);
	remove(1, "size");
}

static void holes(void)
{
	struct file_attr attr;
	uint64_t found = 0, far = 1ull << 40;
	uint8_t byte;
	uint32_t len;

	CHECK_STATUS(test_create(1, "sparse"), OK);
	CHECK_STATUS(file_write(test_home.handle, 1, far, "x", 1), OK);
	CHECK_STATUS(file_getattr(test_home.handle, 1, &attr), OK);
	CHECK(attr.size == far + 1 && attr.allocated <= 2 * PAGE);
	CHECK_STATUS(file_seek(test_home.handle, 1, 0, SEEK_DATA, &found), OK);
	CHECK(found == far);
	CHECK_STATUS(file_seek(test_home.handle, 1, 0, SEEK_HOLE, &found), OK);
	CHECK(found == 0);
	CHECK_STATUS(file_seek(test_home.handle, 1, far + 1, SEEK_DATA, &found), E_RANGE);
	CHECK_STATUS(file_read(test_home.handle, 1, far / 2, 1, &byte, 1, &len), OK);
	CHECK(len == 1 && byte == 0);
	CHECK_STATUS(file_grow(test_home.handle, 1, 1ull << 60, &attr), E_FBIG);
	CHECK_STATUS(file_write(test_home.handle, 1, UINT64_MAX, "x", 1), E_FBIG);
	remove(1, "sparse");
}

static void large(void)
{
	uint8_t *at;
	uint32_t wrong = 0;

	CHECK_STATUS(test_create(1, "large"), OK);
	resize(1, LARGE);
	at = test_map(test_home.handle, 1, LARGE);
	if (at == NULL)
		return;
	for (uint32_t i = 0; i < LARGE; i += PAGE)
		test_fill(at + i, 64, i);
	CHECK_STATUS(file_sync(test_home.handle, 1, 0), OK);
	for (uint32_t i = 0; i < LARGE; i += PAGE)
		wrong += !test_holds(at + i, 64, i);
	CHECK(wrong == 0);
	test_unmap(at, LARGE);
	remove(1, "large");
}

static void nameless(void)
{
	struct file_attr attr;
	uint8_t *at;

	CHECK_STATUS(test_create(1, "nameless"), OK);
	resize(1, PAGE);
	at = test_map(test_home.handle, 1, PAGE);
	CHECK_STATUS(files_remove(&test_home, "nameless"), OK);
	if (at != NULL) {
		test_fill(at, PAGE, 3);
		CHECK_STATUS(file_sync(test_home.handle, 1, 0), OK);
		CHECK(test_holds(at, PAGE, 3));
	}
	CHECK_STATUS(file_clunk(test_home.handle, 1), OK);
	CHECK_STATUS(test_create(2, "nameless"), OK); /* its inode is another one */
	if (at != NULL)
		CHECK(test_holds(at, PAGE, 3)); /* the mapping keeps the old one */
	CHECK_STATUS(file_getattr(test_home.handle, 2, &attr), OK);
	CHECK(attr.size == 0);
	test_unmap(at, PAGE);
	remove(2, "nameless");
}

static void times(void)
{
	struct file_attr wanted = {.mtime = 12345, .mode = 0600}, attr, later;

	CHECK_STATUS(test_create(1, "times"), OK);
	CHECK_STATUS(file_write(test_home.handle, 1, 0, "x", 1), OK);
	CHECK_STATUS(file_setattr(test_home.handle, 1, SET_MTIME | SET_MODE, &wanted, &attr), OK);
	CHECK(attr.mtime == 12345 && attr.mode == (FILES_MODE_FILE | 0600) && attr.size == 1);
	CHECK_STATUS(file_sync(test_home.handle, 1, 0), OK);
	CHECK_STATUS(file_getattr(test_home.handle, 1, &later), OK);
	CHECK(later.mtime == 12345 && later.ctime == attr.ctime);
	CHECK_STATUS(file_touch(test_home.handle, 1, &later), OK);
	CHECK(later.mtime > 12345 && later.mtime >= attr.ctime);
	CHECK_STATUS(file_setattr(test_home.handle, 1, 64, &wanted, &attr), E_INVAL);
	remove(1, "times");
}

void test_data(void)
{
	sharing();
	sizes();
	holes();
	large();
	nameless();
	times();
}
