/*
 * More open files than the server keeps pages of by choice. None of them can be let go, so it must not take the pages
 * of those that are in use: one instruction that needs pages of two files would never get both.
 */
#include "storetest.h"

#include <base/format.h>

#define HELD 4100u
#define BYTES 4096u

static void hold(void)
{
	uint32_t wrong = 0;
	char name[16];

	for (uint32_t fid = 1; fid <= HELD; fid++) {
		struct file_attr attr;
		handle_t pages = HANDLE_NONE;

		(void)format_string(name, sizeof(name), "held%u", fid);
		wrong += test_create(fid, name) != OK;
		wrong += file_open(test_home.handle, fid, 1, &pages, &attr) != OK;
		ipc_close(pages);
	}
	CHECK(wrong == 0);
}

static void let_go(void)
{
	uint32_t wrong = 0;
	char name[16];

	for (uint32_t fid = 1; fid <= HELD; fid++) {
		(void)format_string(name, sizeof(name), "held%u", fid);
		wrong += file_clunk(test_home.handle, fid) != OK;
		wrong += file_unlink(test_home.handle, 0, name, 0, 0) != OK;
	}
	CHECK(wrong == 0);
}

/* In one instruction: a page that comes must not cost the other. */
static bool are_equal(const uint8_t *one, const uint8_t *other, uint64_t bytes)
{
	bool is_equal;

	__asm__ volatile("repe cmpsb"
	                 : "+S"(one), "+D"(other), "+c"(bytes), "=@ccz"(is_equal)
	                 :
	                 : "memory");
	return is_equal;
}

void test_held(void)
{
	static uint8_t data[BYTES / 2];
	uint8_t *one, *other;

	test_fill(data, sizeof(data), 6);
	hold();
	CHECK_STATUS(file_write(test_home.handle, 1, 0, data, sizeof(data)), OK);
	CHECK_STATUS(file_write(test_home.handle, 2, 0, data, sizeof(data)), OK);
	one = test_map(test_home.handle, 1, BYTES);
	other = test_map(test_home.handle, 2, BYTES);
	CHECK_STATUS(files_sync(&test_home), OK); /* clean pages may be taken */
	CHECK(one != NULL && other != NULL && are_equal(one, other, sizeof(data)));
	test_unmap(one, BYTES);
	test_unmap(other, BYTES);
	let_go();
}
