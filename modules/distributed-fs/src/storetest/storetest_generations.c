/*
 * The page of generations: every change that a client could see raises the counter of what it changed, before it
 * is acknowledged; what changes nothing raises none.
 */
#include "storetest.h"

#include <base/string.h>
#include <distributed-fs/generations.h>
#include <libanon/memory.h>

#define DIR_MODE (FILES_MODE_DIR | 0755)
#define FID_DIR 1u
#define FID_OTHER 2u
#define FID_FILE 3u
#define FID_NEW 4u
#define SET_MODE 1u
#define UNLINK_DIRECTORY 1u

static const volatile uint64_t *counters;
static uint64_t before[GENERATION_COUNT];

static void look(void)
{
	for (uint32_t i = 0; i < GENERATION_COUNT; i++)
		before[i] = counters[i];
}

/* By how much the inode's counter has moved since the last look. */
static uint64_t moved(uint64_t inode)
{
	uint32_t slot = generation_slot(inode);

	return counters[slot] - before[slot];
}

static bool nothing_moved(void)
{
	for (uint32_t i = 0; i < GENERATION_COUNT; i++) {
		if (counters[i] != before[i])
			return false;
	}
	return true;
}

static void names_raise(handle_t s, uint64_t dir, uint64_t other, uint64_t file)
{
	struct file_attr a;

	look();
	CHECK_STATUS(file_create(s, FID_DIR, FID_NEW, "new", FILES_MODE_FILE | 0600, 0, 0, 0, 0,
	                         &a),
	             OK);
	CHECK(moved(dir) == 1 && moved(other) == 0 && moved(file) == 0);
	CHECK_STATUS(file_clunk(s, FID_NEW), OK);
	look();
	CHECK_STATUS(file_link(s, FID_FILE, FID_OTHER, "hard", 0), OK);
	CHECK(moved(other) == 1 && moved(file) == 1 && moved(dir) == 0);
	look();
	CHECK_STATUS(file_rename(s, FID_DIR, "new", FID_OTHER, "newer", 0, 0), OK);
	CHECK(moved(dir) > 0 && moved(other) > 0 && moved(a.inode) > 0 && moved(file) == 0);
	look();
	CHECK_STATUS(file_unlink(s, FID_OTHER, "hard", 0, 0), OK);
	CHECK(moved(other) == 1 && moved(file) == 1 && moved(dir) == 0);
	look();
	CHECK_STATUS(file_symlink(s, FID_DIR, "link", "to", 0, 0, 0, &a), OK);
	CHECK(moved(dir) == 1);
	CHECK_STATUS(file_unlink(s, FID_DIR, "link", 0, 0), OK);
	CHECK(moved(dir) == 2);
	CHECK_STATUS(file_unlink(s, FID_OTHER, "newer", 0, 0), OK);
}

static void attributes_raise(handle_t s, uint64_t file)
{
	const struct file_attr mode = {.mode = 0640};
	struct file_attr a;
	uint8_t *at;

	look();
	CHECK_STATUS(file_setattr(s, FID_FILE, SET_MODE, &mode, &a), OK);
	CHECK(moved(file) == 1);
	look();
	CHECK_STATUS(file_grow(s, FID_FILE, 5000, &a), OK);
	CHECK(moved(file) > 0);
	look();
	CHECK_STATUS(file_touch(s, FID_FILE, &a), OK);
	CHECK(moved(file) == 1);
	look();
	CHECK_STATUS(file_write(s, FID_FILE, 6000, (const uint8_t *)"x", 1), OK);
	CHECK(moved(file) > 0);
	CHECK_STATUS(file_sync_all(s), OK);
	at = test_map(s, FID_FILE, 8192);
	look();
	if (at != NULL) {
		at[100] = 1; /* the server sees that the page gets dirty, and notes the time */
		CHECK(moved(file) > 0);
		look();
		CHECK_STATUS(file_sync(s, FID_FILE, 0), OK);
		CHECK(moved(file) > 0);
		test_unmap(at, 8192);
	}
}

static void looking_raises_nothing(handle_t s)
{
	struct file_attr a;
	uint32_t used;

	look();
	CHECK_STATUS(file_getattr(s, FID_FILE, &a), OK);
	CHECK_STATUS(file_walk(s, FID_DIR, FID_NEW, "absent", &used, &a), E_NOENT);
	CHECK_STATUS(file_unlink(s, FID_DIR, "absent", 0, 0), E_NOENT);
	CHECK_STATUS(file_walk(s, FID_DIR, FID_NEW, "", &used, &a), OK);
	CHECK_STATUS(file_clunk(s, FID_NEW), OK);
	CHECK(nothing_moved());
}

void test_generations(void)
{
	struct file_attr dir, other, file;
	struct files_session watcher;
	handle_t memory = HANDLE_NONE, s = test_home.handle;
	void *at = NULL;

	CHECK_STATUS(files_attach(test_root, "", 0, &watcher), OK);
	CHECK_STATUS(file_generations(watcher.handle, &memory), OK);
	CHECK_STATUS(memory_map(memory, 0, sizeof(before), MAP_READ | MAP_WRITE, &at), E_ACCESS);
	CHECK_STATUS(memory_map(memory, 0, sizeof(before), MAP_READ, &at), OK);
	ipc_close(memory);
	if (at == NULL)
		return;
	counters = at;
	CHECK_STATUS(file_create(s, 0, FID_DIR, "dir", DIR_MODE, 0, 0, 0, 0, &dir), OK);
	CHECK_STATUS(file_create(s, 0, FID_OTHER, "other", DIR_MODE, 0, 0, 0, 0, &other), OK);
	CHECK_STATUS(file_create(s, FID_DIR, FID_FILE, "file", FILES_MODE_FILE | 0600, 0, 0, 0, 0,
	                         &file),
	             OK);
	names_raise(s, dir.inode, other.inode, file.inode);
	attributes_raise(s, file.inode);
	looking_raises_nothing(s);
	CHECK_STATUS(file_unlink(s, FID_DIR, "file", 0, 0), OK);
	CHECK_STATUS(file_unlink(s, 0, "dir", UNLINK_DIRECTORY, 0), OK);
	CHECK_STATUS(file_unlink(s, 0, "other", UNLINK_DIRECTORY, 0), OK);
	for (uint32_t fid = FID_DIR; fid <= FID_FILE; fid++)
		CHECK_STATUS(file_clunk(s, fid), OK);
	(void)memory_unmap(at, sizeof(before));
	files_detach(&watcher);
}
