/*
 * Files that outlive a boot, wanted or not. File number i of a seed holds bytes that follow from both, so
 * whoever comes later can tell. The load says "safe N" once files 0 to N-1 were synced: after a power cut
 * they must all be there.
 */
#include "storetest.h"

#include <base/format.h>

#define BYTES_MAX 20000u
#define NAMES 64u /* the load writes these again and again */

static uint64_t seed_of(uint64_t seed, uint64_t i)
{
	return seed * 1000003 + i;
}

static uint64_t length_of(uint64_t seed, uint64_t i)
{
	struct random random;

	random_seed(&random, seed_of(seed, i) ^ 0x5a5a);
	return random_below(&random, BYTES_MAX);
}

static bool leave(uint64_t seed, uint64_t i)
{
	struct file_attr attr;
	uint64_t len = length_of(seed, i);
	char name[64];
	uint8_t *at;

	format_string(name, sizeof(name), "left%lu.%lu", seed, i);
	if (test_create(1, name) != OK || file_grow(test_home.handle, 1, len, &attr) != OK)
		return false;
	at = len > 0 ? test_map(test_home.handle, 1, len) : NULL;
	if (at != NULL)
		test_fill(at, len, seed_of(seed, i));
	test_unmap(at, len);
	return file_clunk(test_home.handle, 1) == OK;
}

void test_leave(uint64_t seed, uint64_t count)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < count; i++)
		wrong += !leave(seed, i);
	CHECK(wrong == 0);
	CHECK_STATUS(files_sync(&test_home), OK);
}

static bool find(uint64_t seed, uint64_t i)
{
	static uint8_t data[BYTES_MAX];
	char name[64];
	size_t len;

	format_string(name, sizeof(name), "left%lu.%lu", seed, i);
	if (files_read(&test_home, name, data, sizeof(data), &len) == OK &&
	    len == length_of(seed, i) && test_holds(data, len, seed_of(seed, i)))
		return true;
	test_print("%s is not what it was", name);
	return false;
}

void test_find(uint64_t seed, uint64_t count)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < count; i++)
		wrong += !find(seed, i);
	CHECK(wrong == 0);
}

/* Besides the files that stay, some that come and go, so that a cut finds the store at work. */
static void disturb(uint64_t seed, uint64_t i)
{
	static uint8_t data[BYTES_MAX];
	char name[64];
	struct random random;

	random_seed(&random, seed ^ i);
	format_string(name, sizeof(name), "noise%lu", random_below(&random, NAMES));
	test_fill(data, sizeof(data), i);
	if (random_below(&random, 3) == 0)
		(void)files_remove(&test_home, name);
	else
		(void)files_write(&test_home, name, data, random_below(&random, BYTES_MAX), NULL);
}

void test_load(uint64_t seed)
{
	for (uint64_t i = 0;; i++) {
		if (!leave(seed, i)) {
			test_print("file %lu could not be written", i);
			return;
		}
		disturb(seed, i);
		if (i % 4 == 3 && files_sync(&test_home) == OK)
			test_print("safe %lu", i + 1);
	}
}
