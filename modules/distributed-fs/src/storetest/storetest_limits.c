/*
 * What a session may not do: leave its directory, write when it is read-only, take more than its share; and
 * messages that no client of good will would send. Then a full disk.
 */
#include "storetest.h"

#include <base/format.h>
#include <base/string.h>
#include <object-tree/object.h>

#define PAGE 4096u
#define FIDS_MAX 16384u
#define SESSIONS 300u
#define OPS 20u
#define CHUNK 3900u
#define MIB (1u << 20)

static void read_only(void)
{
	struct files_session session;
	struct file_attr a = {.size = 1};
	handle_t pages;
	uint32_t used;

	CHECK_STATUS(files_write(&test_home, "kept", "kept", 4, NULL), OK);
	CHECK_STATUS(files_attach(test_root, "vol/storetest", FILES_READ_ONLY, &session), OK);
	CHECK_STATUS(file_walk(session.handle, 0, 1, "kept", &used, &a), OK);
	CHECK_STATUS(file_open(session.handle, 1, 1, &pages, &a), E_ROFS);
	CHECK_STATUS(file_write(session.handle, 1, 0, "x", 1), E_ROFS);
	CHECK_STATUS(file_grow(session.handle, 1, 0, &a), E_ROFS);
	CHECK_STATUS(file_setattr(session.handle, 1, 1, &a, &a), E_ROFS);
	CHECK_STATUS(file_touch(session.handle, 1, &a), E_ROFS);
	CHECK_STATUS(file_unlink(session.handle, 0, "kept", 0, 0), E_ROFS);
	CHECK_STATUS(file_rename(session.handle, 0, "kept", 0, "lost", 0, 0), E_ROFS);
	CHECK_STATUS(file_link(session.handle, 1, 0, "lost", 0), E_ROFS);
	CHECK_STATUS(file_symlink(session.handle, 0, "lost", "kept", 0, 0, 0, &a), E_ROFS);
	CHECK_STATUS(file_create(session.handle, 0, 2, "lost", FILES_MODE_FILE, 0, 0, 0, 0, &a),
	             E_ROFS);
	CHECK_STATUS(file_open(session.handle, 1, 0, &pages, &a), OK);
	CHECK_STATUS(sys_memory_resize(pages, 0), E_ACCESS);
	CHECK_STATUS(sys_memory_write(pages, 0, "x", 1), E_ACCESS);
	ipc_close(pages);
	files_detach(&session);
	CHECK_STATUS(files_remove(&test_home, "kept"), OK);
}

static void names_refused(handle_t s)
{
	static const char *const bad[] = {"", ".", "..", "a/b", "/"};
	struct file_attr a;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(file_create(s, 0, 1, bad[i], FILES_MODE_FILE, 0, 0, 0, 0, &a) != OK);
		CHECK(file_symlink(s, 0, bad[i], "x", 0, 0, 0, &a) != OK);
		CHECK(file_unlink(s, 0, bad[i], 0, 0) != OK);
		CHECK(file_rename(s, 0, bad[i], 0, "x", 0, 0) != OK);
	}
	CHECK_STATUS(file_create(s, 0, 1, "x", 0120000, 0, 0, 0, 0, &a), E_INVAL);
	CHECK_STATUS(file_create(s, 0, 1, "x", 0xffffffff, 0, 0, 0, 0, &a), E_INVAL);
	CHECK_STATUS(file_create(s, 0, FIDS_MAX, "x", FILES_MODE_FILE, 0, 0, 0, 0, &a), E_LIMIT);
	CHECK_STATUS(file_create(s, 0, UINT32_MAX, "x", FILES_MODE_FILE, 0, 0, 0, 0, &a), E_LIMIT);
	CHECK_STATUS(files_stat(&test_home, "x", &a), E_NOENT);
}

static void many_fids(void)
{
	struct files_session session;
	struct file_attr a;
	uint32_t used, wrong = 0;

	CHECK_STATUS(files_attach(test_root, "vol/storetest", 0, &session), OK);
	for (uint32_t fid = 1; fid < FIDS_MAX; fid++)
		wrong += file_walk(session.handle, 0, fid, "", &used, &a) != OK;
	CHECK(wrong == 0);
	CHECK_STATUS(file_walk(session.handle, 0, FIDS_MAX, "", &used, &a), E_LIMIT);
	files_detach(&session);
}

/* Sessions that are never ended: the oldest go, this one, in use, stays. */
static void many_sessions(void)
{
	handle_t first = HANDLE_NONE, last = HANDLE_NONE;
	struct file_attr a;
	uint32_t wrong = 0;

	CHECK_STATUS(obj_attach(test_root, "vol/storetest", 0, &first), OK);
	for (uint32_t i = 0; i < SESSIONS; i++) {
		ipc_close(last);
		wrong += obj_attach(test_root, "vol/storetest", 0, &last) != OK;
		wrong += file_getattr(test_home.handle, 0, &a) != OK;
	}
	CHECK(wrong == 0);
	CHECK_STATUS(file_getattr(first, 0, &a), E_HANDLE);
	CHECK_STATUS(file_getattr(last, 0, &a), OK);
	ipc_close(first);
	ipc_close(last);
}

/* Every operation with arguments and pages of noise: refused or done, and the server lives. */
static void noise(void)
{
	struct files_session session;
	struct random random;
	struct file_attr a;

	random_seed(&random, 4);
	CHECK_STATUS(files_mkdir(&test_home, "noise", NULL), OK);
	CHECK_STATUS(files_attach(test_root, "vol/storetest/noise", 0, &session), OK);
	for (uint32_t i = 0; i < 4000; i++) {
		struct ipc_message m = {0};
		uint32_t bytes = (uint32_t)random_below(&random, 600);
		uint32_t op = FILE_INTERFACE << 16 | (uint32_t)random_below(&random, OPS + 2);

		if (op == FILE_OP_CLUNK || op == FILE_OP_SYNC || op == FILE_OP_SYNC_ALL)
			continue;
		m.tag = ipc_tag(op, bytes, 0, 0);
		for (unsigned w = 0; w < IPC_WORDS; w++)
			m.words[w] = random_next(&random) >> random_below(&random, 64);
		test_fill(message_page(), bytes, random_next(&random));
		if (ipc_call(session.handle, &m, 0) == OK)
			ipc_close_handles(&m);
	}
	files_detach(&session);
	CHECK_STATUS(file_getattr(test_home.handle, 0, &a), OK);
	CHECK_STATUS(files_remove(&test_home, "noise"), OK);
}

void test_limits(void)
{
	read_only();
	names_refused(test_home.handle);
	many_fids();
	many_sessions();
	noise();
}

/* --- a full disk --- */

static uint64_t free_blocks(void)
{
	uint64_t blocks, count = 0, files, id;
	uint32_t bytes, flags;

	CHECK_STATUS(file_statfs(test_home.handle, 0, &blocks, &count, &files, &bytes, &flags, &id),
	             OK);
	return count;
}

/* Until it is refused; how many bytes were taken. */
static uint64_t write_until_full(uint32_t fid, status_t *out_status)
{
	static uint8_t data[CHUNK];
	uint64_t done = 0;

	test_fill(data, sizeof(data), 5);
	while ((*out_status = file_write(test_home.handle, fid, done, data, CHUNK)) == OK)
		done += CHUNK;
	return done;
}

static bool is_intact(uint32_t fid, uint64_t bytes)
{
	static uint8_t data[CHUNK];
	uint32_t len;

	for (uint64_t at = 0; at < bytes; at += CHUNK) {
		if (file_read(test_home.handle, fid, at, CHUNK, data, CHUNK, &len) != OK ||
		    len != CHUNK || !test_holds(data, CHUNK, 5))
			return false;
	}
	return true;
}

void test_full(void)
{
	struct file_attr attr;
	uint64_t before = free_blocks(), done;
	status_t status;

	CHECK_STATUS(test_create(1, "filler"), OK);
	done = write_until_full(1, &status);
	CHECK_STATUS(status, E_NOSPC);
	test_print("%lu MiB were taken of %lu", done / MIB, before / (MIB / PAGE));
	CHECK_STATUS(file_sync(test_home.handle, 1, 0), OK); /* what was taken was promised */
	CHECK_STATUS(file_getattr(test_home.handle, 1, &attr), OK);
	CHECK(attr.size == done);
	CHECK(is_intact(1, done));
	CHECK_STATUS(file_write(test_home.handle, 1, 0, "y", 1), OK); /* in place */
	CHECK_STATUS(file_sync(test_home.handle, 1, 0), OK);
	CHECK_STATUS(file_clunk(test_home.handle, 1), OK);
	CHECK_STATUS(files_remove(&test_home, "filler"), OK);
	CHECK_STATUS(files_sync(&test_home), OK);
	CHECK(free_blocks() + 64 >= before);
	CHECK_STATUS(files_write(&test_home, "again", "x", 1, NULL), OK);
	CHECK_STATUS(files_remove(&test_home, "again"), OK);
}
