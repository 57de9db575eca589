/*
 * The reader of the boot archive: finding files, where the archive ends, and what it makes of damage.
 */
#include "archive.h"
#include <stdio.h>
#include <string.h>
#include <base/test.h>
#include "arch/arch.h"

/* Appends a member; returns where the next one begins. */
static uint64_t put(char *archive, uint64_t at, const char *name, const char *content)
{
	char header[111];

	snprintf(header, sizeof(header),
	         "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1, 0100644, 0, 0, 1,
	         0, (unsigned)strlen(content), 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
	memcpy(archive + at, header, 110);
	strcpy(archive + at + 110, name);
	at = (at + 110 + strlen(name) + 1 + 3) & ~3ul;
	memcpy(archive + at, content, strlen(content));
	return (at + strlen(content) + 3) & ~3ul;
}

TEST(finds_and_ends)
{
	static char two[4 * PAGE_SIZE];
	const void *data = NULL;
	uint64_t at = put(two, 0, "init", "first"), bytes = 0;

	at = put(two, at, "longer", "0123456789");
	at = put(two, at, "TRAILER!!!", "");
	put(two, put(two, PAGE_SIZE, "second", "x"), "TRAILER!!!", "");
	CHECK(archive_find(two, sizeof(two), "longer", &data, &bytes) && bytes == 10 &&
	      memcmp(data, "0123456789", 10) == 0);
	CHECK(!archive_find(two, sizeof(two), "long", &data, &bytes));
	CHECK(!archive_find(two, sizeof(two), "second", &data, &bytes));
	CHECK(archive_pages(two, sizeof(two)) == PAGE_SIZE);
	CHECK(archive_find(two + PAGE_SIZE, sizeof(two) - PAGE_SIZE, "second", &data, &bytes) &&
	      bytes == 1);
	CHECK(archive_pages(two, at) == PAGE_SIZE);
}

TEST(stands_damage)
{
	static char damaged[PAGE_SIZE];
	const void *data;
	uint64_t bytes, at = put(damaged, 0, "init", "first");

	CHECK(archive_pages(damaged, sizeof(damaged)) == PAGE_SIZE); /* no trailer: all of it */
	CHECK(archive_pages(damaged, 0) == 0);
	CHECK(!archive_find(damaged, at - 8, "init", &data, &bytes)); /* cut within the content */
	memset(damaged + 6 + 6 * 8, 'F', 8);                          /* a length beyond the end */
	CHECK(!archive_find(damaged, sizeof(damaged), "init", &data, &bytes));
	memset(damaged + 6 + 11 * 8, 'F', 8); /* a name likewise */
	CHECK(!archive_find(damaged, sizeof(damaged), "init", &data, &bytes));
	memset(damaged + 6 + 6 * 8, '-', 8); /* no digits */
	CHECK(!archive_find(damaged, sizeof(damaged), "init", &data, &bytes));
	CHECK(archive_pages(damaged, sizeof(damaged)) == PAGE_SIZE);
}

TEST_MAIN();
