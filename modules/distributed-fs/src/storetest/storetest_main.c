/*
 * storetest: tests the file server from a native program, through sessions and mappings.
 *
 *   storetest                    everything that takes one boot, in /vol/storetest, which is removed again
 *   storetest full               fills the disk, makes room again
 *   storetest hash               prints what hashing a block costs
 *   storetest held               has more files open than the server likes
 *   storetest leave SEED COUNT   makes COUNT files and syncs; for another boot to find
 *   storetest find SEED COUNT    verifies them
 *   storetest load SEED          makes files for ever; after each sync prints how many are safe
 *
 * Ends with "N passed, N failed".
 */
#include "storetest.h"

#include <base/format.h>
#include <base/parse.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <object-tree/object.h>

#define STREAM_OP_WRITE 0x240001u /* user-services/stream.ipc, whose module uses this one */
#define STREAM_BYTES_MAX 4000u
#define HOME "vol/storetest"
#define LINE_MAX 200

handle_t test_root;
struct files_session test_home;
static uint32_t passed, failed;

/* --- output --- */

static status_t write_stream(handle_t stream, const char *from, uint32_t len, uint32_t *accepted)
{
	struct ipc_message message = {0};
	struct ipc_writer writer;
	status_t status;

	ipc_writer_begin(&writer, &message, message_page());
	ipc_write_bytes(&writer, from, len, STREAM_BYTES_MAX);
	status = ipc_writer_end(&writer, STREAM_OP_WRITE);
	if (status == OK)
		status = ipc_exchange(stream, &message, 0);
	if (status == OK)
		*accepted = (uint32_t)message.words[0];
	return status;
}

static void write_all(handle_t stream, const char *from, uint32_t len)
{
	while (len > 0) {
		uint32_t accepted = 0;
		status_t status = write_stream(stream, from, len, &accepted);

		if (status == E_AGAIN)
			(void)sys_thread_yield();
		else if (status != OK || accepted > len)
			return;
		from += accepted;
		len -= accepted;
	}
}

void test_print(const char *fmt, ...)
{
	char line[LINE_MAX];
	handle_t out = start_handle("stdout");
	va_list args;

	va_start(args, fmt);
	(void)format_vstring(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (handle_is_none(out)) {
		log_info("%s", line);
		return;
	}
	memcpy(line + strlen(line), "\n", 2);
	write_all(out, line, (uint32_t)strlen(line));
}

void test_check(bool is_ok, const char *file, int line, const char *what)
{
	if (is_ok)
		passed++;
	else if (failed++ < 50)
		test_print("%s:%d: %s", file, line, what);
}

void test_check_status(status_t got, status_t wanted, const char *file, int line, const char *what)
{
	if (got == wanted)
		passed++;
	else if (failed++ < 50)
		test_print("%s:%d: %s: %s, not %s", file, line, what, status_name(got),
		           status_name(wanted));
}

/* --- helpers --- */

uint8_t *test_map(handle_t session, uint32_t fid, uint64_t bytes)
{
	struct file_attr attr;
	handle_t pages;
	void *at = NULL;
	status_t status = file_open(session, fid, 1, &pages, &attr);

	CHECK_STATUS(status, OK);
	if (status != OK)
		return NULL;
	status = memory_map(pages, 0, bytes, MAP_READ | MAP_WRITE, &at);
	CHECK_STATUS(status, OK);
	ipc_close(pages);
	return status == OK ? at : NULL;
}

void test_unmap(uint8_t *at, uint64_t bytes)
{
	if (at != NULL)
		CHECK_STATUS(memory_unmap(at, bytes), OK);
}

void test_fill(uint8_t *to, size_t len, uint64_t seed)
{
	struct random random;

	random_seed(&random, seed);
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)random_next(&random);
}

bool test_holds(const uint8_t *from, size_t len, uint64_t seed)
{
	struct random random;

	random_seed(&random, seed);
	for (size_t i = 0; i < len; i++) {
		if (from[i] != (uint8_t)random_next(&random))
			return false;
	}
	return true;
}

status_t test_create(uint32_t fid, const char *name)
{
	struct file_attr attr;

	return file_create(test_home.handle, 0, fid, name, FILES_MODE_FILE | 0644, 0, 0, 0, 0,
	                   &attr);
}

/* --- running --- */

static bool begin(void)
{
	struct files_session store;
	status_t status;

	test_root = start_handle("root");
	status = files_attach(test_root, "", 0, &store);
	CHECK_STATUS(status, OK);
	if (status != OK)
		return false;
	status = files_mkdir(&store, HOME, NULL);
	CHECK(status == OK || status == E_EXIST);
	files_detach(&store);
	status = files_attach(test_root, HOME, 0, &test_home);
	CHECK_STATUS(status, OK);
	return status == OK;
}

static void clean_up(void)
{
	struct files_session store;

	CHECK_STATUS(files_attach(test_root, "", 0, &store), OK);
	CHECK_STATUS(files_remove(&store, HOME), OK);
	files_detach(&store);
}

static void run_all(void)
{
	test_names();
	test_many_names();
	test_data();
	test_generations();
	test_limits();
	files_detach(&test_home);
	clean_up();
}

static void run(int argc, char **argv)
{
	uint64_t seed = 0, count = 0;

	if (argc > 2 && !parse_u64(argv[2], &seed))
		test_print("not a number: %s", argv[2]);
	if (argc > 3 && !parse_u64(argv[3], &count))
		test_print("not a number: %s", argv[3]);
	if (argc == 1)
		run_all();
	else if (strcmp(argv[1], "full") == 0)
		test_full();
	else if (strcmp(argv[1], "hash") == 0)
		test_print_hash();
	else if (strcmp(argv[1], "held") == 0)
		test_held();
	else if (strcmp(argv[1], "leave") == 0)
		test_leave(seed, count);
	else if (strcmp(argv[1], "find") == 0)
		test_find(seed, count);
	else if (strcmp(argv[1], "load") == 0)
		test_load(seed);
	else
		CHECK(!"an argument is not understood");
}

int main(int argc, char **argv)
{
	if (begin())
		run(argc, argv);
	test_print("%u passed, %u failed", passed, failed);
	return failed == 0 ? 0 : 1;
}
